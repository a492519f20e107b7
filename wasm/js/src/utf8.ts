// Strings as the module reads them. TextEncoder writes half a surrogate pair as
// U+FFFD, so that a document which cannot be written in UTF-8 would be judged as
// another one. Here it keeps its three bytes, which are not UTF-8: the module
// then refuses it as such, with the position.

const encoder = new TextEncoder();

/** encode returns the bytes of a string. */
export function encode(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  return bytes.length === text.length || isWellFormed(text) ? bytes : surrogates(text);
}

/** encoded returns the bytes of a document, however it came. */
export function encoded(document: string | Uint8Array): Uint8Array {
  return typeof document === "string" ? encode(document) : document;
}

/** encodeInto writes a string at an offset and returns how many bytes it took, or -1 if there was no room for all. */
export function encodeInto(text: string, target: Uint8Array, offset: number, room: number): number {
  const { read, written } = encoder.encodeInto(text, target.subarray(offset, offset + room));
  if (read < text.length) return -1;
  if (written === text.length || isWellFormed(text)) return written;
  const bytes = surrogates(text);
  target.set(bytes, offset);
  return bytes.length;
}

/** isWellFormed is String.prototype.isWellFormed, which not every runtime of ES2022 has. */
export function isWellFormed(text: string & { isWellFormed?: () => boolean }): boolean {
  return text.isWellFormed ? text.isWellFormed() : !/\p{Surrogate}/u.test(text);
}

/** surrogates writes halves of pairs by the pattern of their number; pairs and all else are as ever. */
function surrogates(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point >= 0xd800 && point <= 0xdfff) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else {
      bytes.push(...encoder.encode(character));
    }
  }
  return Uint8Array.from(bytes);
}
