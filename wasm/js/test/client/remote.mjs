// The other side of mocks.mjs: a scenario with a mock server that lives in another
// process. Nothing of a runtime is imported.

/** Runs a scenario and returns { name, error }; `origin` is where the actions are. */
export async function outcome({ name, args, run }, origin, env) {
  const { id, url } = await post(origin, "start", { args });
  const mock = {
    url,
    base: (fhir) => `${url}/fhir/${fhir}`,
    manage: (method, path, body) => post(origin, "manage", { id, method, path, body }),
    kill: () => post(origin, "kill", { id }),
    restart: () => post(origin, "restart", { id }),
  };
  try {
    await run({ ...env, mock });
    return { name };
  } catch (error) {
    return { name, error: `${error.code ?? ""} ${error.stack}` };
  } finally {
    await post(origin, "stop", { id });
  }
}

async function post(origin, action, body) {
  const response = await fetch(`${origin}/${action}`, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === "" ? undefined : JSON.parse(text);
}
