// The entry of Vercel's Edge Runtime, whose bundler compiles what is imported so.

import { setModule } from "../load.js";
import module from "../wsbind.wasm?module";

setModule(() => module);

export * from "../index.js";
