// Every example does what its README says, typed as it stands there.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startMock } from "wsbind/mock";
import { binary } from "../mock.mjs";
import { fences } from "../readme.mjs";
import { endAll, lastFirst } from "./cleanup.mjs";
import { commandsIn, runBlock, start, type } from "./console.mjs";
import { copyExample } from "./list/cells.mjs";
import { commands, listening } from "./list/runtimes.mjs";
import { freePort } from "./ports.mjs";
import { serveEdge } from "./vercel.mjs";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const names = (await readdir(examples, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
const readme = async (name) => readFile(join(examples, name, "README.md"), "utf8");

let mock, tools, env;
before(async () => {
  tools = await mkdtemp(join(tmpdir(), "wsbind-tools-"));
  for (const [name, path] of Object.entries({ wsbind: binary, node: process.execPath, deno: commands.Deno[0], bun: commands.Bun[0] })) await symlink(path, join(tools, name));
  env = { ...process.env, PATH: tools + delimiter + process.env.PATH, DENO_NO_UPDATE_CHECK: "1", WRANGLER_SEND_METRICS: "false", CI: "true" };
  mock = await startMock({ binary });
});
after(() => endAll(() => mock?.close(), () => rm(tools, { recursive: true, force: true })));

describe("examples", { concurrency: 2 }, () => {
  for (const name of names) {
    test(name, { timeout: 60_000 }, async (t) => {
      const atEnd = lastFirst(t);
      const { folder, remove } = await copyExample(name);
      atEnd(remove);
      const { url } = await mock.tenant();
      const ports = { 8090: await freePort(), 8091: await freePort() };
      const local = (text) => text.replaceAll("http://127.0.0.1:8080", url).replace(/\b809[01]\b/g, (port) => ports[port]);
      const options = { cwd: folder, env: { ...env, PORT: String(ports[8090]) } };
      for (const { language, file, text } of fences(await readme(name))) {
        if (language === "console") {
          for (const command of commandsIn(local(text))) await type(command, options);
        } else if (file === "serve" || text.includes("vercel dev")) {
          const served = file === "serve" ? start(local(text), options) : await serveEdge(folder, ports[8090]);
          atEnd(() => served.stop());
          await answering(ports[8090], served);
        } else if (file === "install") {
          await checkInstalled(folder, text);
        } else if (file === undefined) {
          await runBlock(local(text), options);
        }
      }
    });
  }
});

// wrangler listens before it has a worker, and ends connections meanwhile.
async function answering(port, { closed, printed }) {
  const failed = closed.then(() => Promise.reject(new Error(printed())));
  await listening(port, failed);
  const answers = async () => (await fetch(`http://127.0.0.1:${port}/fhir/metadata`).catch(() => undefined))?.ok;
  while (!(await Promise.race([answers(), failed]))) ;
}

// What the README has npm install is what package.json lists.
async function checkInstalled(folder, text) {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const words = text.split(/\s+/).filter((word) => /^(wsbind|ws|wrangler)(@|$)/.test(word)).map((word) => word.split("@")[0]);
  if (!text.startsWith("deno install")) assert.deepEqual(words.sort(), Object.keys({ ...dependencies, ...devDependencies }).sort());
}

test("gate.js is the same file in all of them", async () => {
  const [first, ...others] = await Promise.all(names.filter((name) => name !== "vercel").map((name) => readFile(join(examples, name, "gate.js"), "utf8")));
  for (const other of others) assert.equal(other, first);
});

test("every setting is in the table, and nothing else is", async () => {
  const sources = await Promise.all(["node/gate.js", "vercel/middleware.js"].map((file) => readFile(join(examples, file), "utf8")));
  const read = new Set(sources.join().match(/\b[A-Z]+_[A-Z_]+\b|\bDIALECT\b|\bANONYMOUS\b/g));
  const table = await readFile(join(examples, "README.md"), "utf8");
  assert.deepEqual([...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, setting]) => setting).sort(), [...read].sort());
});

test("a README is of one screen", async () => {
  for (const name of names) assert.ok((await readme(name)).split("\n").length <= 60, name);
});

test("what a command prints is compared", async () => {
  const [good, bad, long] = commandsIn("$ echo a\\ 1 b\na … b\n$ echo a\nb\n$ echo a; sleep 60\na\n^C");
  await type(good, {});
  await assert.rejects(type(bad, {}), /it prints\na\nand announces\nb/);
  await type(long, {});
  await assert.rejects(type({ command: "false", lines: [], interrupted: false }, {}), /exit status 1/);
});
