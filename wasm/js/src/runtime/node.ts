// The entry of Node and Bun, whose fetch does not read files.

import { readFile } from "node:fs/promises";
import { setRuntime } from "../load.js";

setRuntime({ readFile });

export * from "../index.js";
