// The runtimes in which every row is timed. Each is an object of name and
// measured, a function of the folder with the bundles that returns what measure
// says of each row.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { visit } from "../test/browser/chromium.mjs";
import { measure } from "./measure.mjs";
import { command, workerd } from "./process.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Where an npm package of the tests is installed. */
export const installed = (path) => fileURLToPath(new URL(`../test/node_modules/${path}`, import.meta.url));

/** The binary of workerd. */
export const workerdBinary = installed("@cloudflare/workerd-linux-64/bin/workerd");

const program = (name, line) => ({
  name,
  measured: async (folder) => JSON.parse(await command(
    [...line, join(here, "runners/command.mjs"), join(folder, "bench.js"), join(folder, "wsbind.wasm")],
    { DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1" },
  )),
});

const chromium = {
  name: "Chromium",
  measured: async (folder) => JSON.parse(await visit(here, "/runners/chromium.html", {
    files: { "/bench.js": join(folder, "bench.js"), "/wsbind.wasm": join(folder, "wsbind.wasm") },
    seconds: 900,
  })),
};

const edge = {
  name: "workerd",
  measured: async (folder) => {
    const { origin, stop } = await workerd(workerdBinary, join(folder, "workerd/worker.capnp"));
    try {
      const names = await (await fetch(origin)).json();
      const ask = (row, who) => async (n) => {
        const response = await fetch(`${origin}/${row}/${who}/${n}`);
        if (!response.ok) throw new Error(`${names[row]} in workerd: ${response.status} ${await response.text()}`);
        await response.text();
      };
      const measured = [];
      for (const [row, name] of names.entries()) measured.push(await measure({ name, ours: ask(row, "ours"), peer: ask(row, "peer") }));
      return measured;
    } finally {
      await stop();
    }
  },
};

export const runtimes = [
  program("Node 20", [process.execPath]),
  program("Node 24", [installed("node24/bin/node")]),
  chromium,
  edge,
  program("Deno", [installed("@deno/linux-x64-glibc/deno"), "run", "--allow-read", "--no-remote"]),
  program("Bun", [installed("@oven/bun-linux-x64/bin/bun")]),
];
