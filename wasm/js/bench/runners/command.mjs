// Node, Deno and Bun: command.mjs BUNDLE MODULE
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

const { run } = await import(pathToFileURL(argv[2]));
console.log(JSON.stringify(await run(await readFile(argv[3]))));
