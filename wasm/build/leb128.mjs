// Numbers as WebAssembly writes them. at is {bytes, offset}; reading moves the
// offset.

/** unsigned reads a number. A signed one that is positive reads the same. */
export function unsigned(at) {
  let value = 0;
  for (let scale = 1, byte = 0x80; byte & 0x80; scale *= 128) {
    byte = at.bytes[at.offset++];
    value += (byte & 0x7f) * scale;
  }
  return value;
}

/** skip passes over a number of any size. */
export function skip(at) {
  while (at.bytes[at.offset++] & 0x80);
}

/** leb writes a number of at most 32 bits. */
export function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

/** signedLeb writes a number that is positive as one with a sign. */
export function signedLeb(value) {
  const bytes = leb(value);
  if (bytes.at(-1) & 0x40) bytes.push(bytes.pop() | 0x80, 0);
  return bytes;
}
