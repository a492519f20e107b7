/** Revocations as text, which the gates in Go read and write as well. */

import { WsbindError } from "../../error.js";
import type { Revocation, RevocationRecord } from "./store.js";

/** How long revocations are kept, in seconds: a day, the longest life of a token, and an hour for clocks that differ. */
export const kept = 90_000;

/** Writes a record: `{"jti":"…","at":…}`, or `subscription` or `subject` in place of `jti`. */
export function writeRecord({ revocation, at }: RevocationRecord): string {
  return JSON.stringify({ ...revocation, at });
}

/**
 * Reads a record. One that cannot be read is an error, as a store that cannot be
 * read is: to skip it would let a revoked token live.
 */
export function readRecord(text: string): RevocationRecord {
  try {
    const { jti, subscription, subject, at } = JSON.parse(text);
    const named = Object.entries({ jti, subscription, subject }).filter(([, name]) => name !== undefined);
    const [[, name] = []] = named;
    if (named.length === 1 && typeof name === "string" && Number.isFinite(at)) {
      return { revocation: Object.fromEntries(named) as unknown as Revocation, at };
    }
  } catch {
    // told below
  }
  throw new WsbindError("store-unavailable", "the store holds a revocation that cannot be read; remove it, or let all gates be of one version");
}
