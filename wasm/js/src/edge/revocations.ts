/** Which revocations are known. */

import type { Claims } from "../claims.js";
import { kept } from "./store/record.js";
import type { Revocation, RevocationRecord } from "./store/store.js";

/** How many revocations there are before it is looked for old ones. */
const sweepFrom = 1024;

/** The revocations that a gate knows, until they are of no concern any more. Times are in seconds since 1970. */
export class Revocations {
  /** When each was made, by kind and name. */
  #at = new Map<string, number>();
  #sweepAt = sweepFrom;
  #version = 0;

  /** Counts what was noted: whoever has looked at all of it needs to look again when this has changed. */
  get version(): number {
    return this.#version;
  }

  /** Notes one. */
  note({ revocation, at }: RevocationRecord, now: number): void {
    const key = keyOf(revocation);
    const known = this.#at.get(key);
    if (known !== undefined && known >= at) return;
    this.#at.set(key, at);
    this.#version++;
    if (this.#at.size >= this.#sweepAt) this.#sweep(now);
  }

  /** Whether the token is revoked altogether. */
  reachesToken(claims: Claims): boolean {
    const { jti, sub } = claims;
    return (jti !== undefined && this.#at.has(`jti ${jti}`)) || (sub !== undefined && this.#reaches(`subject ${sub}`, claims));
  }

  /** Whether the token is revoked, altogether or for one Subscription. */
  reaches(claims: Claims, id: string): boolean {
    return this.reachesToken(claims) || this.#reaches(`subscription ${id}`, claims);
  }

  /** A token that does not say when it was issued may be as old as any. */
  #reaches(key: string, { iat }: Claims): boolean {
    const at = this.#at.get(key);
    return at !== undefined && (iat === undefined || iat <= at);
  }

  /** Forgets what is old whenever there is twice as much as was kept, so that the cost is spread evenly. */
  #sweep(now: number): void {
    for (const [key, at] of this.#at) if (at + kept < now) this.#at.delete(key);
    this.#sweepAt = Math.max(sweepFrom, this.#at.size * 2);
  }
}

function keyOf(revocation: Revocation): string {
  if ("jti" in revocation) return `jti ${revocation.jti}`;
  return "subject" in revocation ? `subject ${revocation.subject}` : `subscription ${revocation.subscription}`;
}
