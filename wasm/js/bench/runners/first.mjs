// From bytes to a first verdict, in milliseconds: first.mjs MODULE
import { readFile } from "node:fs/promises";
import { load } from "wsbind";
import { response } from "../documents.mjs";

const document = response(420);
const module = await readFile(process.argv[2]);
const begun = performance.now();
const { valid } = (await load({ module })).validateResponse(document);
const took = performance.now() - begun;
if (!valid) throw new Error("the first verdict is wrong");
console.log(took);
