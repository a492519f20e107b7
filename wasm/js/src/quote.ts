// Quoting as core/fault does it, so that a message about a key reads the same
// whether it was found in the module or here.

import { encode } from "./utf8.js";

/** How much of a value a message repeats, in bytes. */
const MAX_QUOTED = 100;

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"', "\\": "\\\\", "\x07": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
};
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const decoder = new TextDecoder();

/** quote shows a value in double quotes, escaped, and cut behind 100 bytes. It is never given a token. */
export function quote(value: string): string {
  const bytes = encode(value);
  if (bytes.length <= MAX_QUOTED) return `"${escaped(value)}"`;
  let end = MAX_QUOTED;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return `"${escaped(decoder.decode(bytes.subarray(0, end)))}"…`;
}

function escaped(text: string): string {
  let quoted = "";
  for (const character of text) quoted += escapes[character] ?? (printable.test(character) ? character : numbered(character));
  return quoted;
}

function numbered(character: string): string {
  const point = character.codePointAt(0) as number;
  const hex = point.toString(16);
  if (point < 0x20 || point === 0x7f) return "\\x" + hex.padStart(2, "0");
  return point < 0x10000 ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
}
