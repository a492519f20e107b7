// In Vercel's edge runtime, as a deployment runs: one script, bundled with the
// condition edge-light, and the compiled module under the name it has there.
import { readFile } from "node:fs/promises";
import { EdgeRuntime } from "edge-runtime";
import { edgeScript, packed } from "../bundle.mjs";

const [suite, bytes] = [await readFile(process.argv[2], "utf8"), await readFile(`${packed}/dist/wsbind.wasm`)];
const runtime = new EdgeRuntime({
  initialCode: await edgeScript(`
    import * as wsbind from "wsbind";
    import { run } from "./suite.mjs";
    globalThis.answer = () => run(wsbind, JSON.parse(suite), "", bytes);`),
  extend: (context) => Object.assign(context, { suite, bytes, wasm_wsbind: new WebAssembly.Module(bytes) }),
});
console.log(JSON.stringify(await runtime.evaluate("answer()")));
