// Puts together what the runtimes run: the packed package, its peers and the
// bench in one file, the same for all of them.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { standalone } from "./peers.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../../..");
const test = fileURLToPath(new URL("../test", import.meta.url));
const modules = join(test, "node_modules");
const { build } = await import(pathToFileURL(createRequire(join(test, "package.json")).resolve("esbuild")));

/** Leaves in a folder: bench.js, first.js, memory.js, wsbind.wasm, and a folder for each worker. */
export async function bundle(folder) {
  const peers = join(folder, "peers");
  await mkdir(peers, { recursive: true });
  const { first, all } = await standalone(root, test);
  await writeFile(join(peers, "first.mjs"), first);
  await writeFile(join(peers, "all.mjs"), all);
  await writeFile(join(peers, "index.mjs"), 'export * from "./first.mjs";\nexport * from "./all.mjs";\n');

  const options = {
    bundle: true, format: "esm", target: "es2022", logLevel: "warning", plugins: [packages],
    alias: { "ajv-standalone": join(peers, "index.mjs") }, loader: { ".wasm": "copy" }, assetNames: "[name]",
  };
  await build({ ...options, entryPoints: [join(here, "bench.mjs"), ...["first", "memory"].map(runner)], outdir: folder, entryNames: "[name]", external: ["node:*"] });
  for (const name of ["workerd", "verdict", "trivial"]) await worker(join(folder, name), name, options);
  await copyFile(join(modules, "wsbind/dist/wsbind.wasm"), join(folder, "wsbind.wasm"));
}

// Packages are those that are installed for the tests; without this, wsbind would
// be the sources in the folder above.
const packages = {
  name: "packages",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^(wsbind|jose|ajv)(\/|$)/ }, ({ path, kind, resolveDir }) =>
      resolveDir === test ? undefined : resolve(path, { kind, resolveDir: test }));
  },
};

const runner = (name) => join(here, "runners", `${name}.mjs`);

async function worker(folder, name, options) {
  await build({ ...options, entryPoints: { worker: runner(name) }, outdir: folder, conditions: ["workerd", "worker", "browser"] });
  await copyFile(join(here, "runners", name === "trivial" ? "trivial.capnp" : "workerd.capnp"), join(folder, "worker.capnp"));
}
