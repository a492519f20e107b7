// Runs the client's scenarios in the page. The mock server lives in the test's
// process: the page reaches it by HTTP and websocket like anybody, and has it
// killed and managed through the server that the page came from.
import * as wsbind from "/node_modules/wsbind/dist/index.js";
import { outcome } from "../client/remote.mjs";
import { scenarios } from "../client/scenarios.mjs";

// They mostly wait: four go on at a time.
const waiting = [...scenarios];
const outcomes = [];
async function lane() {
  for (let next; (next = waiting.shift()); ) outcomes.push(await outcome(next, location.origin, { wsbind, WebSocket }));
}
await Promise.all(Array.from({ length: 4 }, lane));
await fetch("/report", { method: "POST", body: JSON.stringify(outcomes) });
