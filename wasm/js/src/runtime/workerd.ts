// The entry of workerd, which compiles modules when it is deployed and at no
// other time.

import { setRuntime } from "../load.js";
import module from "../wsbind.wasm";

setRuntime({ module });

export * from "../index.js";
