// Builds the page into dist, unless it is there and nothing has changed:
//
//     node web-demo/build/build.mjs
//
// The package wsbind is packed and installed first, as its users get it. The page is
// put together beside dist and moved there when it is whole.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compress } from "./compress.mjs";
import { checkBudget } from "./budget.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "web-demo");
const modules = join(here, "node_modules");
const fresh = join(modules, ".page");
const stamp = join(modules, ".page-built-of");
const dist = join(here, "dist");

/** What the page is made of. */
const inputs = [
  "wasm/dist/wsbind.wasm", "wasm/js/src", "wasm/js/package.json", "wasm/js/tsconfig.json",
  "web-demo/src", "web-demo/public", "web-demo/build", "web-demo/index.html", "web-demo/vite.config.ts", "web-demo/tsconfig.json", "web-demo/package-lock.json",
];

const sum = hash();
if (existsSync(stamp) && readFileSync(stamp, "utf8") === sum && existsSync(join(dist, "index.html"))) {
  console.log("page: up to date");
} else {
  build();
  writeFileSync(stamp, sum);
}

function build() {
  run(join(root, "wasm/js/pack.mjs"), "--into", join(modules, "wsbind"));
  run(join(modules, "typescript/bin/tsc"), "--project", here);
  run(join(modules, "vite/bin/vite.js"), "build", here, "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn");
  compress(fresh);
  checkBudget(fresh);
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) if (name !== ".gitkeep") rmSync(join(dist, name), { recursive: true });
  for (const name of readdirSync(fresh)) renameSync(join(fresh, name), join(dist, name));
}

function run(script, ...args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}

/** hash returns one sum of all inputs, and of the Node that reads them. */
function hash() {
  const sum = createHash("sha256").update(process.version);
  for (const file of inputs.flatMap(files).sort()) sum.update(`${relative(root, file)}\0`).update(readFileSync(file)).update("\0");
  return sum.digest("hex");
}

function files(path) {
  const whole = join(root, path);
  if (!existsSync(whole)) throw new Error(`there is no ${path}: run make page`);
  if (!statSync(whole).isDirectory()) return [whole];
  return readdirSync(whole, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
