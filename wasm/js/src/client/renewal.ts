/** When to ask for a new token. Pure: the time and the chance are given. */

import type { Backoff } from "./backoff.js";

/** How far before `renewAfter` a renewal may begin, as a share of the token's life. */
const spread = 0.1;

/**
 * How long a new token is used before the next is asked for, in milliseconds:
 * `renewAfter` is the share of its life after which that happens at the latest.
 * Each client draws its moment from the tenth of the life before, so that those
 * that were started together do not renew together.
 */
export function renewalDelay(life: number, renewAfter: number, random: number): number {
  return Math.max(0, life) * (renewAfter - spread * random);
}

/**
 * When to try again after a renewal failed: often enough to have some tries
 * left while the token lasts, and no earlier than the server asked for.
 */
export function renewalRetry(left: number, { first, longest }: Backoff, asked: number): number {
  return Math.max(Math.min(left / 4, longest), first, asked);
}
