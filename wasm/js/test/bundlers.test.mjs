// What becomes of the package in a bundle, and what is said where the module is lost.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { installed } from "./kit/support.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const load = `import { load } from "wsbind";`;
const report = `.then((kit) => kit.validateResponse("{}").issues[0].code, ({ name, code, message }) => [name, code, message].join(" | ")).then(console.log);`;

/** bundle makes a program one file, and returns what it prints in Node. */
async function bundle(t, contents, options) {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-bundle-"));
  t.after(() => rm(folder, { recursive: true }));
  const outfile = join(folder, options.format === "esm" ? "main.mjs" : "main.cjs");
  await build({ stdin: { contents, resolveDir: here }, outfile, bundle: true, target: "node20", logLevel: "error", ...options });
  return { folder, run: () => execFileSync(process.execPath, [outfile], { encoding: "utf8", timeout: 60_000 }).trim() };
}

test("a bundle that left the module behind says so, and finds it beside itself", async (t) => {
  const { folder, run } = await bundle(t, `${load} load()${report}`, { platform: "node", format: "esm" });
  assert.match(run(), /^WsbindError \| not-found \| .*wsbind\.wasm.*leave wsbind out of the bundle, or pass the module/);
  await copyFile(new URL("dist/wsbind.wasm", installed), join(folder, "wsbind.wasm"));
  assert.equal(run(), "wrong-resource-type");
});

for (const [format, platform] of [["cjs", "node"], ["iife", "browser"], ["iife", "node"]]) {
  test(`a bundle as ${format} for ${platform}, which does not know where it lies, says so`, async (t) => {
    const { run } = await bundle(t, `${load} load()${report}`, { platform, format, logOverride: { "empty-import-meta": "silent" } });
    assert.match(run(), /^WsbindError \| not-found \| .*pass the module to load/);
  });
}

for (const loader of ["binary", "dataurl"]) {
  test(`a bundle has the module within as ${loader}`, async (t) => {
    const program = `${load} import module from "wsbind/wsbind.wasm"; load({ module })${report}`;
    const { run } = await bundle(t, program, { platform: "node", format: "cjs", loader: { ".wasm": loader }, logOverride: { "empty-import-meta": "silent" } });
    assert.equal(run(), "wrong-resource-type");
  });
}
