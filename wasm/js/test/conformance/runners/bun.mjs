import * as wsbind from "wsbind";
import { run } from "../suite.mjs";

const suite = await Bun.file(Bun.argv[2]).json();
console.log(JSON.stringify(await run(wsbind, suite, Bun.version)));
