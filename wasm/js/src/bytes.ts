// Bytes that live as long as a call. In V8 an ArrayBuffer of its own costs half a
// microsecond, as much as all else about a token in JavaScript: these are views
// of larger ones, and no two of them share a byte.

import { bytesOf } from "./input.js";

/** Bytes as WebCrypto wants them: `Uint8Array<ArrayBuffer>`, which older releases of TypeScript do not tell apart. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

/** The size of a slab, and of the largest piece that is taken from one. */
const SLAB = 64 << 10;
const LARGEST = 4 << 10;

const encoder = new TextEncoder();
let slab = new Uint8Array();

/** take returns so many bytes. They are never taken twice: whoever reads late still reads the same. */
export function take(size: number): Uint8Array {
  if (size > LARGEST) return new Uint8Array(size);
  if (size > slab.length) slab = new Uint8Array(SLAB);
  const taken = slab.subarray(0, size);
  slab = slab.subarray(size);
  return taken;
}

/** takeASCII returns the bytes of a text of ASCII, and undefined of any other. */
export function takeASCII(text: string): Uint8Array | undefined {
  const bytes = take(text.length);
  const { read, written } = encoder.encodeInto(text, bytes);
  return read === text.length && written === text.length ? bytes : undefined;
}

/** copy copies; not by slice, which a Buffer of Node has made something else of. */
export function copy(bytes: ArrayBufferView): Bytes {
  return (bytesOf(bytes) as Bytes).slice();
}
