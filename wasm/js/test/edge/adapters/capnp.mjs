// workerd with one worker, bundled as wrangler does.
import { rm, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { worker } from "../../conformance/bundle.mjs";

const binary = fileURLToPath(new URL("../../node_modules/@cloudflare/workerd-linux-64/bin/workerd", import.meta.url));

const config = (file, port) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2026-04-01",
    modules = [
      (name = "worker.js", esModule = embed "${file}"),
      (name = "wsbind.wasm", wasm = embed "wsbind.wasm"),
    ],
    bindings = [(name = "GATE", durableObjectNamespace = "Gate")],
    durableObjectNamespaces = [(className = "Gate", uniqueKey = "gate")],
    durableObjectStorage = (inMemory = void),
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;

/** Bundles a worker; command is what serves it on a port. */
export async function workerd(entry, port) {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-workerd-"));
  await worker(entry, folder, []);
  const file = entry.split("/").at(-1).replace(/\.[mt]js$/, ".js");
  await writeFile(join(folder, "config.capnp"), config(file, port));
  return { command: [binary, "serve", join(folder, "config.capnp")], remove: () => rm(folder, { recursive: true, force: true }) };
}
