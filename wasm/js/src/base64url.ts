// Base64url out of bytes that are base64url already: the module has checked that
// what is decoded here is canonical. Runtimes have decoders of strings only, and
// the newer ones at that.

import { take } from "./bytes.js";

/** The six bits of each character, by its ASCII code. */
const sextets = new Uint8Array(256);
{
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (let i = 0; i < 64; i++) sextets[alphabet.charCodeAt(i)] = i;
}

/** decode returns the bytes that are encoded from one index of the text to its end. */
export function decode(text: Uint8Array, from: number): Uint8Array {
  const rest = (text.length - from) & 3;
  const whole = text.length - rest;
  const decoded = take(((text.length - from) * 3) >> 2);
  const sextet = (i: number): number => sextets[text[i] as number] as number;
  let at = 0;
  for (let i = from; i < whole; i += 4) {
    const bits = (sextet(i) << 18) | (sextet(i + 1) << 12) | (sextet(i + 2) << 6) | sextet(i + 3);
    decoded[at] = bits >> 16;
    decoded[at + 1] = bits >> 8;
    decoded[at + 2] = bits;
    at += 3;
  }
  if (rest >= 2) decoded[at] = (sextet(whole) << 2) | (sextet(whole + 1) >> 4);
  if (rest === 3) decoded[at + 1] = (sextet(whole + 1) << 4) | (sextet(whole + 2) >> 2);
  return decoded;
}
