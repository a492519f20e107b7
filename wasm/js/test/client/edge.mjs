// Runs the scenarios of one release in Vercel's edge runtime, as run.mjs does elsewhere.
import { readFile } from "node:fs/promises";
import { EdgeRuntime } from "edge-runtime";
import { edgeScript, packed } from "../conformance/bundle.mjs";
import { startMock } from "../mock.mjs";

const module = new WebAssembly.Module(await readFile(`${packed}/dist/wsbind.wasm`));
const runtime = new EdgeRuntime({
  initialCode: await edgeScript(`
    import * as wsbind from "wsbind";
    import { scenarios } from "../client/scenarios.mjs";
    globalThis.answer = (release) => scenarios.filter(({ name }) => name.startsWith(release))
      .map(({ name, args, run }) => ({ name, args, run: (mock) => run({ wsbind, mock, WebSocket }) }));`),
  extend: (context) => Object.assign(context, { wasm_wsbind: module }),
});
const chosen = runtime.evaluate("answer")(`${process.argv[2]}: `);
for (const { name, args, run } of chosen) {
  const mock = await startMock({ args });
  try {
    await run(mock);
  } catch (err) {
    throw new Error(`${name}: ${err.message}`, { cause: err });
  } finally {
    await mock.stop();
  }
}
console.log(`ok ${chosen.length}`);
