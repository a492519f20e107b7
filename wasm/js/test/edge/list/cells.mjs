// The gates that the list is run against. Those in JavaScript are the examples, from
// the packed package, as their READMEs start them.
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "../../mock.mjs";
import { commands, serve } from "./runtimes.mjs";
import { freePort } from "../ports.mjs";
import { bundle, configuration, serving } from "./workerd.mjs";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));
const installed = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** An example in a folder of its own, with what npm would install. */
export async function copyExample(name) {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-example-"));
  await cp(join(examples, name), folder, { recursive: true });
  await mkdir(join(folder, "node_modules/.bin"), { recursive: true });
  for (const dependency of ["wsbind", "ws", "wrangler", ".bin/wrangler"]) await symlink(join(installed, dependency), join(folder, "node_modules", dependency));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

function program(runtime, example) {
  return async () => {
    const { folder, remove } = await copyExample(example);
    return {
      start: (port, settings) => serve([...commands[runtime], "server.js"], { port, env: environment(settings), cwd: folder }),
      end: remove,
    };
  };
}

/** Settings, of which one is for the engine of Node and Deno. */
const environment = ({ v8, ...env }) => ({ ...env, ...(v8 && { NODE_OPTIONS: v8, DENO_V8_FLAGS: v8 }) });

/** The example of Node, as an entry of gates prepares it. */
export const prepareNode = program("Node", "node");

async function node() {
  const { start, end } = await prepareNode();
  const pass = [...commands.Node, fileURLToPath(new URL("pass.mjs", import.meta.url))];
  return { start: (port, settings) => (settings.DIALECT === "pass" ? serve(pass, { port, env: environment(settings) }) : start(port, settings)), end };
}

async function workerd() {
  const { folder, remove } = await copyExample("cloudflare-worker");
  const [out, { durable_objects, vars }] = await Promise.all([bundle(folder), configuration(folder)]);
  const objects = Object.fromEntries(durable_objects.bindings.map(({ name, class_name }) => [name, class_name]));
  return {
    // Told to end, workerd waits for its clients and tells nobody.
    start: async (port, { v8, ...env }) => ({ ...(await serve(await serving(out, port, { objects, vars: { ...vars, ...env }, v8 }), { port })), terminate: undefined }),
    end: remove,
  };
}

// The twin takes flags where the others take settings, and is told of revocations
// on a port of its own.
async function native() {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-gate-"));
  const start = async (port, env) => {
    const key = join(folder, `${port}.jwk`);
    await writeFile(key, env.SIGNING_KEY, { mode: 0o600 });
    const management = `127.0.0.1:${await freePort()}`;
    const gate = await serve([
      binary, "gate", "--json", "--listen", `127.0.0.1:${port}`, "--management", management, "--path", "/fhir",
      "--upstream", env.FHIR_BASE, "--fhir", env.FHIR_RELEASE, "--dialect", env.DIALECT,
      ...(env.JWKS_URL ? ["--keys", env.JWKS_URL, "--keys-cooldown", `${env.JWKS_COOLDOWN}s`] : []), "--store", "memory",
      ...(env.DIALECT === "pass" ? ["--issuer", env.ISSUER] : ["--key", key]),
      ...(env.FHIR_WEBSOCKET ? ["--upstream-websocket", env.FHIR_WEBSOCKET] : []),
    ], { port, env: { WSBIND_UPSTREAM_AUTHORIZATION: env.FHIR_AUTHORIZATION } });
    const revoke = (revocation) => fetch(`http://${management}/revoke`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(revocation) });
    return { ...gate, revoke };
  };
  return { start, end: () => rm(folder, { recursive: true, force: true }) };
}

const bridged = ["spec", "medplum", "legacy"];

/** The gates: prepare returns {start(port, settings), end()}; a gate may have its own way to revoke. The setting v8 is a flag of V8. */
export const gates = [
  { runtime: "Node", dialects: [...bridged, "pass"], prepare: node },
  { runtime: "Deno", dialects: bridged, prepare: program("Deno", "deno") },
  { runtime: "Bun", dialects: bridged, prepare: program("Bun", "bun") },
  { runtime: "workerd", dialects: bridged, prepare: workerd },
  { runtime: "wsbind gate", dialects: [...bridged, "pass"], prepare: native },
];
