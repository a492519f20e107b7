// wsbind/mock in other runtimes.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fake } from "./support.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const binary = (path) => at(`../node_modules/${path}`);

const runtimes = {
  "Node 20": [process.execPath],
  "Node 22": [binary("node22/bin/node")],
  "Node 24": [binary("node24/bin/node")],
  Deno: [binary("@deno/linux-x64-glibc/deno"), "run", "--allow-all", "--no-remote", "--node-modules-dir=manual"],
  Bun: [binary("@oven/bun-linux-x64/bin/bun")],
};

for (const [name, [command, ...args]] of Object.entries(runtimes)) {
  test(`the mock in ${name}`, async () => {
    const { stdout } = await promisify(execFile)(command, [...args, at("run.mjs"), fake], { timeout: 60_000 });
    assert.match(stdout, /^ok$/m);
  });
}
