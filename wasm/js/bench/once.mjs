// What happens once: starts of processes, memory, sizes.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { quantile } from "./measure.mjs";
import { command, workerd } from "./process.mjs";
import { workerdBinary } from "./runtimes.mjs";

const STARTS = 21;

/** Returns the median of the milliseconds that Node takes from bytes to the first verdict, in processes of its own. */
export async function first(folder) {
  const times = [];
  for (let i = 0; i < STARTS; i++) times.push(Number(await command([process.execPath, join(folder, "first.js"), join(folder, "wsbind.wasm")])));
  return quantile(times, 0.5);
}

/**
 * Returns how long workerd takes from the start of its process to an answer: with
 * a worker that judges, and with one that does nothing; the medians in
 * milliseconds, and that of their ratios.
 */
export async function starts(folder) {
  const times = { verdict: [], trivial: [] };
  for (let i = 0; i < STARTS; i++) {
    const both = ["verdict", "trivial"];
    for (const name of i % 2 ? both.reverse() : both) times[name].push(await start(join(folder, name, "worker.capnp")));
  }
  const ratio = quantile(times.verdict.map((t, i) => t / times.trivial[i]), 0.5);
  return { ratio, verdict: quantile(times.verdict, 0.5), trivial: quantile(times.trivial, 0.5) };
}

async function start(config) {
  const begun = performance.now();
  const { origin, stop } = await workerd(workerdBinary, config);
  try {
    const answer = await (await fetch(origin)).text();
    if (answer !== "true") throw new Error(`the worker answers ${answer}`);
    return performance.now() - begun;
  } finally {
    await stop();
  }
}

/** Returns what runners/memory.mjs found, in bytes. */
export async function memory(folder) {
  return JSON.parse(await command([process.execPath, join(folder, "memory.js"), join(folder, "wsbind.wasm")]));
}

/** Returns the size of a file, compressed as a server would. */
export async function compressed(path) {
  const bytes = await readFile(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return (await promisify(brotliCompress)(bytes, { params })).length;
}
