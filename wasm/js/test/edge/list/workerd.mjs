// workerd with a worker that was bundled: by wrangler, or as wrangler does.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../group.mjs";

const installed = (path) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

/** The binary of workerd. */
export const binary = installed("@cloudflare/workerd-linux-64/bin/workerd");

/** The command line of wrangler. */
export const wrangler = [process.execPath, installed("wrangler/bin/wrangler.js")];

/** Bundles the worker of a folder with wrangler, into its folder out. Nothing is deployed. */
export async function bundle(folder) {
  await run([...wrangler, "deploy", "--dry-run", "--outdir", "out"], { cwd: folder, env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" } });
  return join(folder, "out");
}

/**
 * Writes the configuration of workerd for a bundle, and returns the command that
 * serves it.
 *
 * @param out the folder with worker.js and its modules
 * @param objects the classes of Durable Objects by the names of their bindings
 * @param vars texts by the names of their bindings
 * @param v8 a flag of V8
 */
export async function serving(out, port, { objects, vars = {}, v8 }) {
  const files = (await readdir(out)).filter((file) => file.endsWith(".wasm"));
  const modules = [`(name = "worker.js", esModule = embed "worker.js")`, ...files.map((file) => `(name = "${file}", wasm = embed "${file}")`)];
  const bindings = [
    ...Object.entries(objects).map(([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`),
    ...Object.entries(vars).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`),
  ];
  const namespaces = Object.values(objects).map((className) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`);
  const config = join(out, `config-${port}.capnp`);
  await writeFile(config, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${v8 ? JSON.stringify(v8) : ""}],
  services = [
    (name = "main", worker = (
      compatibilityDate = "2026-04-01",
      modules = [${modules.join(", ")}],
      bindings = [${bindings.join(", ")}],
      durableObjectNamespaces = [${namespaces.join(", ")}],
      durableObjectStorage = (inMemory = void),
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`);
  return [binary, "serve", config];
}

/** What wrangler.jsonc of a folder says. */
export async function configuration(folder) {
  return JSON.parse(await readFile(join(folder, "wrangler.jsonc"), "utf8"));
}
