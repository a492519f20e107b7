// Brings the page's TypeScript to the tests: Node 20 does not read it by itself.

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));

/**
 * importTS bundles a module of the page and imports it. Packages stay outside of the
 * bundle, so that what is tested meets the tests' own copy of wsbind.
 *
 * @param path where the module is, from this directory: "../src/validator/span.ts"
 */
export async function importTS(path) {
  const directory = mkdtempSync(join(modules, ".test-")); // below node_modules, for the packages to be found
  try {
    await build({
      configFile: false,
      logLevel: "warn",
      oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
      build: { ssr: fileURLToPath(new URL(path, import.meta.url)), outDir: directory, rollupOptions: { output: { entryFileNames: "module.mjs" } } },
    });
    return await import(pathToFileURL(join(directory, "module.mjs")).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
