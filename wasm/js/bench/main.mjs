// Measures every figure and writes wasm/BENCHMARKS.md: make bench-wasm.
//
//   node wasm/js/bench/main.mjs [RUNTIME…]
//
// With names of runtimes only these are measured, and nothing is written.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundles.mjs";
import { compressed, first, memory, starts } from "./once.mjs";
import { markdown, text } from "./report.mjs";
import { installed, runtimes } from "./runtimes.mjs";

const wasm = fileURLToPath(new URL("../..", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "wsbind-bench-"));
try {
  await main(process.argv.slice(2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function main(names) {
  await bundle(folder);
  const chosen = runtimes.filter(({ name }) => names.length === 0 || names.includes(name));
  if (chosen.length === 0) throw new Error(`the runtimes are ${runtimes.map(({ name }) => name).join(", ")}`);
  const once = {
    sizes: { lean: await compressed(join(wasm, "dist/wsbind.wasm")), jose: await compressed(join(wasm, "dist/wsbind-jose.wasm")) },
    first: await first(folder),
    starts: await starts(folder),
    memory: await memory(folder),
  };
  const measured = {};
  for (const { name, measured: measure } of chosen) measured[name] = await measure(folder);
  console.log(text(measured, once));
  if (names.length === 0) await writeFile(join(wasm, "BENCHMARKS.md"), markdown(measured, once, await versions()));
}

async function versions() {
  const version = async (name) => `${name} ${JSON.parse(await readFile(installed(`${name}/package.json`), "utf8")).version}`;
  const packages = await Promise.all(["node24", "workerd", "deno", "bun", "ajv", "jose"].map(version));
  return `Node ${process.versions.node}, ${packages.join(", ")}`;
}
