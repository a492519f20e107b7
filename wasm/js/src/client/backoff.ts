/** How long to wait before trying again. Pure: the time and the chance are given. */

/** The bounds of waits that grow, in milliseconds. */
export interface Backoff {
  /** The first wait, which doubles with each attempt. */
  readonly first: number;
  /** What it never exceeds. */
  readonly longest: number;
}

/**
 * The wait after that many attempts that came to nothing, from 0 on. It is
 * spread over its upper half, so that the clients of a server that restarts do
 * not all return at once. `random` is from 0 up to 1.
 */
export function backoff({ first, longest }: Backoff, attempts: number, random: number): number {
  // 2 ** 1024 is infinite, and the smaller of the two is still `longest`.
  const wait = Math.min(first * 2 ** attempts, longest);
  return wait / 2 + random * (wait / 2);
}

/** What a server may ask us to wait, at most. */
const longestRetryAfter = 3_600_000;

/**
 * The milliseconds that a Retry-After header asks for: a number of seconds, or
 * a date (RFC 9110, 10.2.3). 0 for an absent or unreadable one; an hour at most.
 */
export function retryAfter(header: string | null, now: number): number {
  const text = header?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : text === "" ? NaN : Date.parse(text) - now;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(wait, 0), longestRetryAfter);
}
