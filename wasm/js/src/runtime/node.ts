// The entry of Node and Bun: the module is a file.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { WsbindError } from "../error.js";
import { setModule } from "../load.js";

setModule(async () => {
  const path = fileURLToPath(new URL("../wsbind.wasm", import.meta.url));
  try {
    return await readFile(path);
  } catch (err) {
    throw new WsbindError("not-found", `the module ${path} cannot be read: leave wsbind out of the bundle, or pass the module to load({ module })`, { cause: err });
  }
});

export * from "../index.js";
