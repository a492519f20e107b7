/**
 * Which events are new, which were seen, and which were counted and never
 * came. Pure but for the ledger itself: no clock, no network.
 *
 * The events of a Subscription are numbered from 1 on, by one each, whatever
 * the connection (P§5). One number per Subscription, the last one seen, therefore
 * tells duplicates, gaps and news apart.
 */

/** A run of event numbers, both ends included. */
export interface EventRange {
  /** The first. */
  readonly from: bigint;
  /** The last. */
  readonly to: bigint;
}

/** What a notification says of numbers. */
export interface Sighting {
  /** Its type, as FHIR spells it. */
  readonly type: string;
  /** `eventsSinceSubscriptionStart`, or null where it does not say. */
  readonly count: bigint | null;
  /** The numbers of its events, in any order; null for an event without one. */
  readonly numbers: readonly (bigint | null)[];
  /** Whether it is the first since the bind, and no other connection could have brought later events meanwhile. */
  readonly alone: boolean;
}

/** One thing to do, in order: ask for events, or hand over those with these numbers. */
export type Step =
  | { readonly fill: EventRange }
  | { readonly deliver: readonly bigint[]; readonly unnumbered: boolean };

/** What a notification means. */
export interface Plan {
  readonly steps: readonly Step[];
  /** The last number seen once the steps are done; null while nothing was counted. */
  readonly last: bigint | null;
  /** The count of a handshake that is below what was seen: the Subscription may be a new one. */
  readonly regressed: bigint | null;
}

interface Entry {
  last: bigint;
  /** A count below `last` that a handshake told. An event that goes on from there proves it. */
  restart: bigint | null;
}

/** Bounds what is kept for each Subscription, against a server that invents ids. */
export const maxSubscriptions = 10_000;

/** The types whose counter tells all events so far, and not those of an answer. */
const counting = new Set(["handshake", "heartbeat", "query-status"]);

/** Knows the last event seen of each Subscription. */
export class Ledger {
  #entries = new Map<string, Entry>();
  #start: "now" | "beginning";

  /** `seen` is where to go on; `start` says how a Subscription without such a number begins. */
  constructor(seen: Iterable<readonly [string, bigint]>, start: "now" | "beginning") {
    for (const [id, last] of seen) this.#entries.set(id, { last, restart: null });
    this.#start = start;
  }

  /**
   * Says what to do about a notification. What it brings is not noted yet, only
   * that a count went back or began anew.
   */
  plan(subscription: string, sighting: Sighting): Plan {
    const numbers = distinct(sighting.numbers);
    const entry = this.#entries.get(subscription);
    if (!entry) return steps(sighting, numbers, this.#beginning(sighting, numbers), null);
    const regressed = regress(entry, sighting, numbers);
    if (restarts(entry, sighting, numbers)) entry.last = entry.restart!;
    return steps(sighting, numbers, entry.last, regressed);
  }

  /** The last event that was noted; null while none was. */
  last(subscription: string): bigint | null {
    return this.#entries.get(subscription)?.last ?? null;
  }

  /** Notes that all up to `last` was handed over or is missed. */
  note(subscription: string, last: bigint | null): void {
    if (last === null) return;
    const entry = this.#entries.get(subscription);
    if (entry && last <= entry.last) return;
    if (!entry && this.#entries.size >= maxSubscriptions) return;
    this.#entries.set(subscription, { last, restart: null });
  }

  /**
   * The last event before a Subscription's first notification. A handshake may
   * leave the counter of a new Subscription out (P§5), so that means none.
   */
  #beginning({ type, count }: Sighting, numbers: readonly bigint[]): bigint | null {
    if (this.#start === "beginning") return 0n;
    if (numbers[0] !== undefined) return numbers[0] - 1n;
    return count ?? (type === "handshake" ? 0n : null);
  }
}

/** Lists gaps and news in the order of their numbers. */
function steps(sighting: Sighting, numbers: readonly bigint[], last: bigint | null, regressed: bigint | null): Plan {
  const list: Step[] = [];
  let run: bigint[] = [];
  let seen = last ?? 0n;
  const skipTo = (number: bigint): void => {
    if (number === seen + 1n) return;
    if (run.length > 0) list.push({ deliver: run, unnumbered: false });
    run = [];
    list.push({ fill: { from: seen + 1n, to: number - 1n } });
  };
  for (const number of numbers) {
    if (number <= seen) continue;
    skipTo(number);
    run.push(number);
    seen = number;
  }
  const unnumbered = sighting.numbers.some((n) => !isNumber(n));
  const news = run.length > 0 || unnumbered;
  if (news) list.push({ deliver: run, unnumbered });
  run = [];
  // The counter of an event-notification counts its own events, and that of an
  // answer to $events all there are: neither tells of a gap behind.
  const { count } = sighting;
  const counts = counting.has(sighting.type);
  const behind = counts && count !== null && last !== null && count > seen;
  if (behind) {
    skipTo(count + 1n);
    seen = count;
  }
  // A notification whose every event is a duplicate is one itself, unless it
  // has something else to say. What was missed is told by the step that follows.
  const silent = !counts && sighting.numbers.length > 0;
  if (behind || !news && !silent) list.push({ deliver: [], unnumbered: false });
  return { steps: list, last: last === null ? null : seen, regressed };
}

/** Notes, and returns, a count below what was seen, where nothing explains it. */
function regress(entry: Entry, { type, count, alone }: Sighting, numbers: readonly bigint[]): bigint | null {
  if (type !== "handshake" || !alone || count === null || count >= entry.last || numbers.length > 0) return null;
  entry.restart = count;
  return count;
}

/**
 * Whether an event proves that the Subscription counts anew: it is the very next
 * after the low count, and its own counter agrees. A handshake alone is no proof,
 * since there are servers that always write 0 there.
 */
function restarts(entry: Entry, { type, count }: Sighting, numbers: readonly bigint[]): boolean {
  return entry.restart !== null && type === "event-notification" &&
    numbers[0] === entry.restart + 1n && numbers.at(-1)! <= entry.last && (count === null || count <= entry.last);
}

/** Events count from 1; some servers number all of theirs 0. */
export function isNumber(number: bigint | null): number is bigint {
  return number !== null && number > 0n;
}

/** The numbers from 1 on, growing, each once. */
export function distinct(numbers: readonly (bigint | null)[]): bigint[] {
  const known = numbers.filter(isNumber);
  known.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return known.filter((n, i) => n !== known[i - 1]);
}

/** What is missing from a growing list of numbers that should begin at `from`. */
export function holes(from: bigint, numbers: readonly bigint[]): EventRange[] {
  const missing: EventRange[] = [];
  for (const number of numbers) {
    if (number > from) missing.push({ from, to: number - 1n });
    from = number + 1n;
  }
  return missing;
}
