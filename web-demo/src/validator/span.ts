// Where an issue is in the editor: the engine counts bytes, an editor UTF-16 units.

import type { Position } from "wsbind";

/** A part of a text, as offsets in UTF-16 units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How much is underlined at most, in UTF-16 units. */
const UNDERLINED = 500;

/** Returns where the lines of a text begin; only a line feed ends one, as for the engine. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Returns what an issue is about, in all its length. */
export function spanOf(text: string, starts: readonly number[], { line, column, length }: Position): Span {
  const from = Math.min((starts[line - 1] ?? text.length) + column - 1, text.length);
  return { from, to: afterBytes(text, from, length) };
}

/**
 * Returns what is underlined: an object over many lines only in its first one, since
 * a document that is underlined as a whole points at nothing.
 */
export function underlined(text: string, { from, to }: Span): Span {
  const lineEnd = text.indexOf("\n", from);
  return { from, to: Math.min(to, lineEnd < 0 ? text.length : Math.max(lineEnd, from), from + UNDERLINED) };
}

/** Returns the offset that lies so many bytes of UTF-8 behind another. */
function afterBytes(text: string, from: number, bytes: number): number {
  let at = from;
  for (let taken = 0; taken < bytes && at < text.length;) {
    const character = text.codePointAt(at)!;
    taken += character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    at += character < 0x10000 ? 1 : 2;
  }
  return at;
}
