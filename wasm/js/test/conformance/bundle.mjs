// Bundles as the users of two runtimes do, who have no node_modules where their
// code runs.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The folder of the installed package. */
export const packed = fileURLToPath(new URL("../node_modules/wsbind", import.meta.url));

/**
 * Bundles a worker as wrangler does: the condition workerd, and modules of
 * WebAssembly beside the script. What is named in given comes from the
 * configuration.
 */
export async function worker(entry, folder, given) {
  await build({
    entryPoints: [entry], outdir: folder, bundle: true, format: "esm", target: "es2022", logLevel: "warning",
    conditions: ["workerd", "worker", "browser"], external: given,
    loader: { ".wasm": "copy" }, assetNames: "[name]",
  });
}

/** Bundles a script for the edge runtime, where a module is a global. */
export async function edgeScript(source) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: here }, write: false, bundle: true, format: "iife", target: "es2022", logLevel: "warning",
    conditions: ["edge-light", "worker", "browser"], plugins: [moduleIsGlobal],
  });
  return outputFiles[0].text;
}

const moduleIsGlobal = {
  name: "module is global",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /wsbind\.wasm\?module$/ }, ({ path }) => ({ path, namespace: "global" }));
    onLoad({ filter: /.*/, namespace: "global" }, () => ({ contents: "export default globalThis.wasm_wsbind" }));
  },
};
