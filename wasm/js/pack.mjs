// Packs the package and installs what was packed, for tests to import:
//
//     node wasm/js/pack.mjs [--into DIR/node_modules/wsbind] [--module FILE.wasm]
//
// Without --into it is test/node_modules/wsbind, and the tarball is left in
// bin/wsbind.tgz.
//
// Everything is put together in a directory for temporary files, so that the
// work tree keeps one wsbind.wasm, and several of these may run at a time.
//
// npm pack and npm publish in this directory do without it: they call
// --place and --remove, which put the module and the licence there for that time
// only.

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const license = join(here, "../../LICENSE");
const tsc = join(here, "node_modules/typescript/bin/tsc");
const npm = ["--ignore-scripts", "--silent", "--loglevel=error"];

const { values: options } = parseArgs({
  options: {
    into: { type: "string" },
    module: { type: "string", default: join(here, "../dist/wsbind.wasm") },
    place: { type: "boolean" },
    remove: { type: "boolean" },
  },
});

if (!options.remove && !existsSync(options.module)) {
  console.error(`pack: there is no ${options.module}: run make wasm first`);
  process.exit(1);
}
if (options.place) {
  rmSync(join(here, "dist"), { recursive: true, force: true });
  copyFileSync(license, join(here, "LICENSE"));
  process.exitCode = compile(join(here, "dist"));
} else if (options.remove) {
  for (const file of ["dist/wsbind.wasm", "LICENSE"]) rmSync(join(here, file), { force: true });
} else {
  process.exitCode = options.into ? pack(resolve(options.into)) : pack(join(here, "test/node_modules/wsbind"), join(here, "../../bin/wsbind.tgz"));
}

/** compile writes the package's files and the module into a directory; it returns tsc's status. */
function compile(dist) {
  const { status } = spawnSync(process.execPath, [tsc, "--project", here, "--outDir", dist], { stdio: "inherit" });
  copyFileSync(options.module, join(dist, "wsbind.wasm"));
  copyFileSync(join(here, "src/wsbind.wasm.d.ts"), join(dist, "wsbind.wasm.d.ts"));
  return status;
}

/** pack installs the packed package, even one with errors of type; these fail the run in the end. */
function pack(into, keep) {
  mkdirSync(dirname(into), { recursive: true });
  const stage = mkdtempSync(join(tmpdir(), "wsbind-pack-"));
  const fresh = mkdtempSync(join(dirname(into), ".wsbind-"));
  try {
    const status = compile(join(stage, "dist"));
    for (const file of ["package.json", "README.md", "API.md", "EDGE.md", "GATE.md", "MOCK.md"]) copyFileSync(join(here, file), join(stage, file));
    copyFileSync(license, join(stage, "LICENSE"));
    const tarball = join(stage, execFileSync("npm", ["pack", ...npm], { cwd: stage, encoding: "utf8" }).trim());
    execFileSync("tar", ["-xzf", tarball, "-C", fresh]);
    if (keep) place(tarball, keep);
    // A directory cannot be renamed over one with files in it.
    if (existsSync(into)) renameSync(into, join(fresh, "old"));
    renameSync(join(fresh, "package"), into);
    return status;
  } finally {
    rmSync(stage, { recursive: true, force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** place copies a file so that it is there as a whole or not at all. */
function place(file, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(file, `${to}.${process.pid}`);
  renameSync(`${to}.${process.pid}`, to);
}
