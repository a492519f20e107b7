// Compresses what a browser loads, once and as well as can be: next to NAME lie
// NAME.br and NAME.gz, where they are smaller.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const compressible = new Set([".html", ".js", ".css", ".svg", ".json", ".wasm", ".txt"]);

/** The smallest file that is worth it: below, headers weigh more. */
const LEAST = 512;

/** compress writes the two forms of every file in a directory. */
export function compress(directory) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const text = readFileSync(file);
    if (text.length < LEAST) continue;
    for (const [ending, form] of [[".br", brotli(text)], [".gz", gzipSync(text, { level: 9 })]]) {
      if (form.length < text.length) writeFileSync(file + ending, form);
    }
  }
}

function brotli(text) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  return brotliCompressSync(text, { params: { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: text.length } });
}
