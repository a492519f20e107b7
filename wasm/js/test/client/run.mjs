// Runs the scenarios of one release in a runtime that has a WebSocket of its
// own. The last line is "ok" and their number; it stops at the first that fails.
import * as wsbind from "wsbind";
import { startMock } from "../mock.mjs";
import { scenarios } from "./scenarios.mjs";

const chosen = scenarios.filter(({ name }) => name.startsWith(`${process.argv[2]}: `));
for (const { name, args, run } of chosen) {
  const mock = await startMock({ args });
  try {
    await run({ wsbind, mock, WebSocket });
  } catch (err) {
    throw new Error(`${name}: ${err.message}`, { cause: err });
  } finally {
    await mock.stop();
  }
}
console.log(`ok ${chosen.length}`);
