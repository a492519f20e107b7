// Whoever imports wsbind/edge alone has the module found, in each runtime by the entry of its own.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EdgeRuntime } from "edge-runtime";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { edgeScript } from "../conformance/bundle.mjs";
import { wasm } from "../kit/support.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/** A program in which a gate without a kit is sent a frame; refused resolves to the code by which the socket is closed. */
const program = `
  import { bindGate } from "wsbind/edge";
  const refused = () => new Promise((resolve) => {
    const upstream = { open() {}, close() {} };
    const gate = bindGate({ websocketUrl: "wss://gate.example/ws", fhir: "R4", upstream, verifier: { verify() {} } });
    const close = (code, reason) => { session.closed(); resolve(reason); };
    const session = gate.accept({ send() {}, close, buffered: 0 });
    session.frame("hello");
  });
`;
const main = `${program} console.log(await refused());`;

for (const [name, line] of [
  ["node", [process.execPath, "--input-type=module", "--eval", main]],
  ["bun", ["node_modules/@oven/bun-linux-x64/bin/bun", "--eval", main]],
  ["deno", ["node_modules/@deno/linux-x64-glibc/deno", "eval", "--no-remote", "--node-modules-dir=manual", main]],
]) {
  test(`in ${name}`, async () => {
    const [command, ...args] = line;
    const { stdout } = await run(command, args, { cwd: here });
    assert.equal(stdout.trim(), "expected-bind");
  });
}

test("in edge-light", async () => {
  const runtime = new EdgeRuntime({
    initialCode: await edgeScript(`${program} globalThis.refused = refused;`),
    extend: (context) => Object.assign(context, { wasm_wsbind: new WebAssembly.Module(wasm) }),
  });
  assert.equal(await runtime.evaluate("refused()"), "expected-bind");
});

test("in workerd", async (t) => {
  const { outputFiles } = await build({
    stdin: { contents: `${program} export default { fetch: async () => new Response(await refused()) };`, resolveDir: here },
    bundle: true, format: "esm", target: "es2022", write: false, outdir: "/", conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" }, assetNames: "[name]",
  });
  const modules = outputFiles.map(({ path, contents }) => ({ type: path.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path, contents }));
  const mf = new Miniflare({ compatibilityDate: "2025-05-05", modulesRoot: "/", modules: modules.toSorted(({ type }) => (type === "ESModule" ? -1 : 1)) });
  t.after(() => mf.dispose());
  assert.equal(await (await mf.dispatchFetch("http://gate.example")).text(), "expected-bind");
});
