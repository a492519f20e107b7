// What a gate adds to a bind and to a frame: make bench-edge.
//
//   node wasm/js/bench/edge/main.mjs [RUNTIME…]
//
// A plain websocket proxy on the same runtime does the same beside it, the one that
// begins taking turns; the ratio is the median of the rounds'. Client and server are
// one process of Node, which takes its share of every time.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { worker } from "../../test/conformance/bundle.mjs";
import { gates } from "../../test/edge/list/cells.mjs";
import { newKey } from "../../test/edge/list/keys.mjs";
import { commands, serve } from "../../test/edge/list/runtimes.mjs";
import { serving } from "../../test/edge/list/workerd.mjs";
import { freePort } from "../../test/edge/ports.mjs";
import { bind, binds, burst, single } from "./client.mjs";
import { dialects, startServer } from "./server.mjs";

const rounds = 11;
const atOnce = 1_000; // what a gate lets wait for a reader holds them
const proxies = fileURLToPath(new URL("proxies", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "wsbind-bench-edge-"));

/** How the proxies are started; each is told where to. */
const proxy = {
  Node: (port, to) => serve([...commands.Node, join(folder, "node.mjs")], { port, env: { TO: to } }),
  Deno: (port, to) => serve([...commands.Deno, join(proxies, "deno.mjs")], { port, env: { TO: to } }),
  Bun: (port, to) => serve([...commands.Bun, join(proxies, "bun.mjs")], { port, env: { TO: to } }),
  workerd: async (port, to) => serve(await serving(join(folder, "worker"), port, { objects: { PROXY: "Proxy" }, vars: { TO: to } }), { port }),
  "wsbind gate": (port, to) => serve([join(folder, "proxy"), `127.0.0.1:${port}`, to], { port }),
};

async function main(names) {
  const chosen = gates.filter(({ runtime }) => names.length === 0 || names.includes(runtime));
  await build();
  const table = [["", ...chosen.map(({ runtime }) => runtime)]];
  const columns = [];
  for (const gate of chosen) columns.push(await measured(gate));
  for (const [i, { name }] of columns[0].entries()) table.push([name, ...columns.map((rows) => cell(rows[i]))]);
  const widths = table[0].map((_, i) => Math.max(...table.map((cells) => cells[i].length)));
  console.log("Times as long as through a plain websocket proxy on the same runtime, and microseconds that the gate adds:\n");
  for (const cells of table) console.log(cells.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join("  "));
}

const cell = ({ ratio, added }) => `${ratio.toFixed(2)} (${added < 0 ? "" : "+"}${added.toFixed(0)})`;

async function build() {
  await Promise.all([
    worker(join(proxies, "worker.js"), join(folder, "worker"), []),
    // Beside the ws that the tests have.
    bundleNode(),
    promisify(execFile)("go", ["build", "-o", join(folder, "proxy"), "./go"], { cwd: proxies }),
  ]);
}

async function bundleNode() {
  const { build } = await import("../../test/node_modules/esbuild/lib/main.js");
  await build({
    entryPoints: [join(proxies, "node.mjs")], outfile: join(folder, "node.mjs"), bundle: true, platform: "node", format: "esm", logLevel: "error",
    nodePaths: [fileURLToPath(new URL("../../test/node_modules", import.meta.url))],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
}

async function measured({ runtime, prepare }) {
  const { start, end } = await prepare();
  try {
    const rows = [];
    for (const dialect of Object.keys(dialects)) rows.push(...(await inDialect(runtime, start, dialect)));
    return rows;
  } finally {
    await end();
  }
}

async function inDialect(runtime, start, dialect) {
  const [server, key, near, plain] = await Promise.all([startServer(dialects[dialect]), newKey("bench"), freePort(), freePort()]);
  const { base: FHIR_BASE, websocketUrl } = server, origin = `http://127.0.0.1:${near}`;
  const settings = { PUBLIC_URL: origin, FHIR_BASE, FHIR_RELEASE: "R4", DIALECT: dialect, SIGNING_KEY: key.text, FHIR_AUTHORIZATION: "Bearer x" };
  if (dialect !== "spec") settings.FHIR_WEBSOCKET = websocketUrl;
  const started = [];
  try {
    started.push(await start(near, settings), await proxy[runtime](plain, websocketUrl));
    const sides = {
      gate: { url: `ws://127.0.0.1:${near}/ws`, frame: async () => `bind-with-token ${await issue(key, `${origin}/fhir`, `ws://127.0.0.1:${near}/ws`)}` },
      proxy: { url: `ws://127.0.0.1:${plain}/ws`, frame: async () => dialects[dialect].bind("token") },
    };
    return await rowsOf(dialect, server, sides);
  } finally {
    await Promise.all(started.map((each) => each.stop()));
    server.stop();
  }
}

async function rowsOf(dialect, server, sides) {
  const withClient = (time) => async (side, count) => {
    const client = await bind(side.url, await side.frame());
    try {
      return await time(client, server, count);
    } finally {
      client.close();
    }
  };
  const rows = [await compare(`of ${atOnce} frames, ${dialect}`, atOnce, sides, withClient(burst))];
  if (dialect !== "spec") return rows;
  const bound = async ({ url, frame }, count) => binds(url, await Promise.all(Array.from({ length: count }, frame)));
  return [await compare("a bind", 20, sides, bound), await compare("a frame, spec", 200, sides, withClient(single)), ...rows];
}

function issue(key, iss, aud) {
  const now = Math.floor(Date.now() / 1000);
  return key.issuer.issue({ iss, aud, sub: "bench", iat: now, exp: now + 3600, jti: crypto.randomUUID(), subscription: ["s1"] });
}

/** The medians of the rounds: {name, ratio, added}, the latter in microseconds for each of count. */
async function compare(name, count, sides, time) {
  const all = [];
  for (let round = -2; round < rounds; round++) {
    const order = round % 2 === 0 ? ["gate", "proxy"] : ["proxy", "gate"];
    const took = {};
    for (const side of order) took[side] = await time(sides[side], count);
    if (round >= 0) all.push(took); // the first two warm up
  }
  return { name, ratio: median(all.map(({ gate, proxy }) => gate / proxy)), added: median(all.map(({ gate, proxy }) => (1000 * (gate - proxy)) / count)) };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  await main(process.argv.slice(2));
} finally {
  await rm(folder, { recursive: true, force: true });
}
