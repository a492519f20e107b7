// Holds the page to its size: what a browser loads at first, module included, has
// less than 700 kB in brotli.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const BUDGET = 700_000;

/** checkBudget prints the sizes and throws where the first load is too large. */
export function checkBudget(directory) {
  const assets = readdirSync(join(directory, "assets")).filter((name) => !/\.(br|gz)$/.test(name)).map((name) => join("assets", name));
  const first = new Set(["index.html", "favicon.svg", "wsbind.json", ...named(directory, assets)]);
  const sizes = ["index.html", "favicon.svg", "wsbind.json", ...assets].map((name) => ({ name, size: brotliSize(join(directory, name)), first: first.has(name) }));
  const total = sizes.filter(({ first }) => first).reduce((sum, { size }) => sum + size, 0);
  for (const { name, size, first } of sizes) console.log(`page: ${String(size).padStart(7)} B brotli  ${name}${first ? "" : "  (later)"}`);
  console.log(`page: ${String(total).padStart(7)} B brotli  first load, at most ${BUDGET}`);
  if (total >= BUDGET) throw new Error(`the first load has ${total} bytes in brotli, less than ${BUDGET} are due`);
}

/** What the page names in its HTML, and the module, which the first script loads at once. */
function named(directory, assets) {
  const html = readFileSync(join(directory, "index.html"), "utf8");
  return assets.filter((name) => html.includes(name.replaceAll("\\", "/")) || name.endsWith(".wasm"));
}

function brotliSize(file) {
  return statSync(existsSync(`${file}.br`) ? `${file}.br` : file).size;
}
