// Base64url out of bytes that are base64url already: the module has checked that
// what is decoded here is canonical. Runtimes have decoders of strings only, and
// the newer ones at that.

/** The six bits of each character, by its ASCII code. */
const bits = new Uint8Array(128);
{
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let i = 0; i < 64; i++) bits[alphabet.charCodeAt(i)] = i;
}

/** decode returns the bytes that are encoded from one index of the text to its end. */
export function decode(text: Uint8Array, from: number): Uint8Array {
  const decoded = new Uint8Array(((text.length - from) * 3) >> 2);
  let value = 0;
  let pending = 0;
  let at = 0;
  for (let i = from; i < text.length; i++) {
    value = (value << 6) | (bits[text[i] as number] as number);
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      decoded[at++] = value >> pending;
    }
  }
  return decoded;
}
