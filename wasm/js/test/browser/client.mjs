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
  const { url } = await post("start", { args });
  const mock = {
    url,
    base: (fhir) => `${url}/fhir/${fhir}`,
    manage: (method, path, body) => post("manage", { method, path, body }),
    kill: () => post("kill"),
    restart: () => post("restart"),
  };
  try {
    await run({ wsbind, mock, WebSocket });
    return { name };
  } catch (error) {
    return { name, error: `${error.code ?? ""} ${error.stack}` };
  } finally {
    await post("stop");
  }
}

const outcomes = [];
for (const scenario of scenarios) outcomes.push(await outcome(scenario));
await fetch("/report", { method: "POST", body: JSON.stringify(outcomes) });
