// Sockets that end in every way, in the runtimes' own words: whatever event a
// WebSocket makes of it, the client makes another connection at once, says why,
// and the process ends by itself.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rude } from "./rude.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const binary = (path) => at(`../node_modules/${path}`);

const runtimes = {
  "Node 20 with ws": [process.execPath],
  "Node 22": [binary("node22/bin/node")],
  "Node 24": [binary("node24/bin/node")],
  "Deno": [binary("@deno/linux-x64-glibc/deno"), "run", "--allow-all", "--no-remote", "--node-modules-dir=manual"],
  "Bun": [binary("@oven/bun-linux-x64/bin/bun")],
};

for (const [name, [command, ...args]] of Object.entries(runtimes)) {
  test(`sockets that end in every way: ${name}`, async (t) => {
    const server = await rude();
    t.after(() => server.close());
    // Less than the client's own limits: a socket whose end is noticed by these alone fails.
    const { stdout, stderr } = await promisify(execFile)(command, [...args, at("patient.mjs"), server.base], { timeout: 25_000 });
    const { numbers, waits } = JSON.parse(stdout);
    assert.deepEqual(server.seen, server.ways);
    assert.deepEqual(numbers, [1, 2, 3, 4]);
    // Node 24 itself asks again where there is no answer.
    assert.ok(waits.length >= server.ways.length - 2, waits.join("\n"));
    assert.ok(waits.every((reason) => !/timeout|within|secret/.test(reason)), waits.join("\n"));
    assert.equal(stderr.includes("secret"), false, stderr);
  });
}
