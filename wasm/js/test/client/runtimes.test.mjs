// The scenarios in runtimes that have a WebSocket of their own. They mostly wait,
// so all run at a time; each takes another release.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const binary = (path) => at(`../node_modules/${path}`);

const run = at("run.mjs");

const runtimes = [
  ["Node 22", "R4", [binary("node22/bin/node"), run]],
  ["Node 24", "R4B", [binary("node24/bin/node"), run]],
  ["Deno", "R5", [binary("@deno/linux-x64-glibc/deno"), "run", "--allow-all", "--no-remote", "--node-modules-dir=manual", run]],
  ["Bun", "R5", [binary("@oven/bun-linux-x64/bin/bun"), run]],
  ["workerd", "R4", [process.execPath, at("workerd.mjs")]],
  ["edge-runtime", "R4B", [process.execPath, at("edge.mjs")]],
];

test("the client in other runtimes", { concurrency: true }, async (t) => {
  await Promise.all(runtimes.map(([name, release, [command, ...args]]) => t.test(`${name}, ${release}`, async () => {
    const { stdout } = await promisify(execFile)(command, [...args, release], { timeout: 240_000 });
    assert.match(stdout, /^ok 12$/m);
  })));
});
