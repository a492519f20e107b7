import { readFile } from "node:fs/promises";
import * as wsbind from "wsbind";
import { run } from "../suite.mjs";

const suite = JSON.parse(await readFile(process.argv[2], "utf8"));
console.log(JSON.stringify(await run(wsbind, suite, process.version)));
