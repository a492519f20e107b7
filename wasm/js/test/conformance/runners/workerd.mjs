// A worker, bundled as wrangler does: esbuild with the condition workerd.
import * as wsbind from "wsbind";
import module from "module";
import suite from "suite";
import { run } from "../suite.mjs";

export default {
  async test() {
    console.log(JSON.stringify(await run(wsbind, suite, "", module)));
  },
};
