// A worker, bundled as wrangler does: esbuild with the condition workerd.
import * as wsbind from "wsbind";
import module from "wsbind/wsbind.wasm";
import bytes from "bytes";
import suite from "suite";
import { run } from "../suite.mjs";

await wsbind.load({ module }); // at global scope workerd has neither clock nor randomness

export default {
  async test() {
    console.log(JSON.stringify(await run(wsbind, suite, "", bytes)));
  },
};
