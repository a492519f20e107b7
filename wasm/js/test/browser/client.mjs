// Runs the client's scenarios in the page. The mock server lives in the test's
// process: the page reaches it by HTTP and websocket like anybody, and has it
// killed and managed through the server that the page came from.
import * as wsbind from "/node_modules/wsbind/dist/index.js";
import { scenarios } from "../client/scenarios.mjs";

async function post(action, body) {
  const response = await fetch(`/${action}`, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === "" ? undefined : JSON.parse(text);
}

async function outcome({ name, args, run }) {
  const { id, url } = await post("start", { args });
  const mock = {
    url,
    base: (fhir) => `${url}/fhir/${fhir}`,
    manage: (method, path, body) => post("manage", { id, method, path, body }),
    kill: () => post("kill", { id }),
    restart: () => post("restart", { id }),
  };
  try {
    await run({ wsbind, mock, WebSocket });
    return { name };
  } catch (error) {
    return { name, error: `${error.code ?? ""} ${error.stack}` };
  } finally {
    await post("stop", { id });
  }
}

// They mostly wait: four go on at a time.
const waiting = [...scenarios];
const outcomes = [];
async function lane() {
  for (let next; (next = waiting.shift()); ) outcomes.push(await outcome(next));
}
await Promise.all(Array.from({ length: 4 }, lane));
await fetch("/report", { method: "POST", body: JSON.stringify(outcomes) });
