// The entry of workerd, which compiles modules when it is deployed and at no
// other time.

import { setModule } from "../load.js";
import module from "../wsbind.wasm";

setModule(() => module);

export * from "../index.js";
