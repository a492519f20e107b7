// An early start. Most runtimes check signatures on another thread, and most
// tokens are headed like the one before. So the arithmetic begins before the
// module has looked at the token, with the key that this header led to the last
// time. It is a guess and no more: whoever asks for it compares what the module
// says with what was guessed, and drops it if they differ.

import { decode } from "./base64url.js";
import type { Check } from "./webcrypto.js";

/** An early start: the verdict, if this was the check and this the signing input. */
export interface Early {
  readonly check: Check;
  readonly signingInputLength: number;
  readonly verdict: Promise<boolean>;
}

const DOT = 0x2e;

/** The longest header that is remembered, in characters. */
const MAX_HEADER = 512;

/** EarlyStart remembers one header. */
export class EarlyStart {
  readonly #header = new Uint8Array(MAX_HEADER);
  #length = 0;
  #check: Check | undefined;

  /** Starts on a token that is headed like the last one. */
  start(token: Uint8Array): Early | undefined {
    const check = this.#check;
    if (check === undefined || token[this.#length] !== DOT) return undefined;
    for (let i = 0; i < this.#length; i++) if (token[i] !== this.#header[i]) return undefined;
    const signingInputLength = token.lastIndexOf(DOT);
    return { check, signingInputLength, verdict: apply(check, token, signingInputLength) };
  }

  /** Remembers what the header of a token led to. Nobody outside is asked about a token that the module may refuse. */
  note(token: Uint8Array, check: Check): void {
    const length = token.indexOf(DOT);
    if (check.external || length > MAX_HEADER) return;
    this.#header.set(token.subarray(0, length));
    this.#length = length;
    this.#check = check;
  }
}

/** apply has the signature of a token checked. */
export function apply(check: Check, token: Uint8Array, signingInputLength: number): Promise<boolean> {
  return check(decode(token, signingInputLength + 1), token.subarray(0, signingInputLength));
}
