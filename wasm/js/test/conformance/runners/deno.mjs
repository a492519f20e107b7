import * as wsbind from "wsbind";
import { run } from "../suite.mjs";

const suite = JSON.parse(await Deno.readTextFile(Deno.args[0]));
console.log(JSON.stringify(await run(wsbind, suite, Deno.version.deno)));
