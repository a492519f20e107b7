import * as wsbind from "/node_modules/wsbind/dist/index.js";
import { run } from "../suite.mjs";

const suite = await (await fetch("/cases.json")).json();
const version = /Chrome\/([0-9]+)/.exec(navigator.userAgent)[1];
await fetch("/report", { method: "POST", body: JSON.stringify(await run(wsbind, suite, version)) });
