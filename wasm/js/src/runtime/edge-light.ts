// The entry of Vercel's Edge Runtime, whose bundler compiles what is imported so.

import { setRuntime } from "../load.js";
import module from "../wsbind.wasm?module";

setRuntime({ module });

export * from "../index.js";
