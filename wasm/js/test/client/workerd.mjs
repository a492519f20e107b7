// Runs the scenarios of one release in workerd, as run.mjs does elsewhere.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { serve } from "../browser/server.mjs";
import { worker } from "../conformance/bundle.mjs";
import { mockActions } from "./mocks.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const config = (release, origin) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (
    compatibilityDate = "2025-05-05",
    modules = [
      (name = "worker.js", esModule = embed "worker.js"),
      (name = "wsbind.wasm", wasm = embed "wsbind.wasm"),
    ],
    bindings = [(name = "release", text = "${release}"), (name = "origin", text = "${origin}")],
    globalOutbound = "network",
  )),
  (name = "network", network = (allow = ["private"])),
]);
`;

const { actions, stop } = mockActions();
const { origin, close } = await serve(at("."), { policy: "default-src 'none'", actions });
const folder = await mkdtemp(join(tmpdir(), "wsbind-workerd-"));
try {
  await worker(at("worker.mjs"), folder, []);
  await writeFile(join(folder, "config.capnp"), config(process.argv[2], origin));
  const { stdout } = await promisify(execFile)(at("../node_modules/@cloudflare/workerd-linux-64/bin/workerd"), ["test", join(folder, "config.capnp")], { timeout: 220_000 });
  process.stdout.write(stdout);
} finally {
  await Promise.all([stop(), close(), rm(folder, { recursive: true })]);
}
