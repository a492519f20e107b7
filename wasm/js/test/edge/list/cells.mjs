// The gates that the list is run against. Those in JavaScript are the examples, from
// the packed package, as their READMEs start them.
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands, serve } from "./runtimes.mjs";
import { bundle, configuration, serving } from "./workerd.mjs";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));
const installed = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** An example in a folder of its own, with what npm would install. */
export async function copyExample(name) {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-example-"));
  await cp(join(examples, name), folder, { recursive: true });
  await mkdir(join(folder, "node_modules"), { recursive: true });
  for (const dependency of ["wsbind", "ws"]) await symlink(join(installed, dependency), join(folder, "node_modules", dependency));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

function program(runtime, example) {
  return async () => {
    const { folder, remove } = await copyExample(example);
    return {
      start: (port, env) => serve([...commands[runtime], "server.js"], { port, env, cwd: folder }),
      end: remove,
    };
  };
}

async function workerd() {
  const { folder, remove } = await copyExample("cloudflare-worker");
  const [out, { durable_objects, vars }] = await Promise.all([bundle(folder), configuration(folder)]);
  const objects = Object.fromEntries(durable_objects.bindings.map(({ name, class_name }) => [name, class_name]));
  return {
    start: async (port, env) => serve(await serving(out, port, { objects, vars: { ...vars, ...env } }), { port }),
    end: remove,
  };
}

/** The gates: prepare returns {start(port, settings), end()}. */
export const gates = [
  { runtime: "Node", prepare: program("Node", "node") },
  { runtime: "Deno", prepare: program("Deno", "deno") },
  { runtime: "Bun", prepare: program("Bun", "bun") },
  { runtime: "workerd", prepare: workerd },
];
