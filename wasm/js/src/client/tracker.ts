/** Which events were seen, and which are missing, for those who only watch. */

import type { SubscriptionStatus } from "../notification.js";
import { checkOneOf, readOptions } from "../options.js";
import { distinct, Ledger, type EventRange, type Plan } from "./gaps.js";
import { idOf } from "./urls.js";

/** How a tracker begins. */
export interface EventTrackerOptions {
  /**
   * How a Subscription begins: `now`, with what its first notification tells, or
   * at the `beginning`, where all events before that are missing. Default `now`.
   */
  readonly start?: "now" | "beginning" | undefined;
}

/** What a notification tells of events. */
export interface Sighted {
  /** The id of the Subscription. */
  readonly subscription: string;
  /** Events seen for the first time, in the order of their numbers. */
  readonly fresh: readonly bigint[];
  /** Events that were seen before. */
  readonly repeated: readonly bigint[];
  /** Those of the fresh ones that were missing until now. */
  readonly filled: readonly bigint[];
  /** What this notification shows to be missing, and no earlier one did. */
  readonly missing: readonly EventRange[];
  /** True if it proves that the Subscription was created anew and counts from the start. What was known of it is forgotten. */
  readonly restarted: boolean;
}

interface Entry {
  /** The last event before the first notification: up to here nothing is missing. */
  readonly base: bigint;
  /** What was not seen, growing, also before the base. */
  unseen: readonly EventRange[];
}

/** Subscriptions that are tracked, and ranges that are remembered of each, against a server that invents them. */
const maxTracked = 1_000;
const maxRanges = 1_000;

/**
 * Says of each notification which of its events are new, repeated or were
 * missing, and which others must exist and did not come.
 *
 * ```js
 * const tracker = new EventTracker()
 * for (const status of notification.statuses) {
 *   const { fresh, missing } = tracker.note(status)
 * }
 * ```
 *
 * It takes the statuses of any source: the websocket, answers of `$events`, and of
 * `$status`. The counters of handshakes, heartbeats and `$status` tell of events
 * that never came; an event-notification tells of those before it. Events without
 * a number are nobody's.
 *
 * It remembers 1,000 Subscriptions, and of each 1,000 ranges of events that did not come;
 * of more ranges than that the oldest are forgotten, and of more Subscriptions nothing
 * is known.
 */
export class EventTracker {
  #start: "now" | "beginning";
  #ledger: Ledger;
  #entries = new Map<string, Entry>();

  /** Checks the options. */
  constructor(options: EventTrackerOptions = {}) {
    const { start } = readOptions("EventTracker", options, ["start"]);
    checkOneOf("start", start, ["now", "beginning"]);
    this.#start = start ?? "now";
    this.#ledger = new Ledger([], this.#start);
  }

  /**
   * Notes a notification. `alone` is false where another connection may have
   * brought later events meanwhile, as while one replaces the other: a lower count
   * proves nothing then. It is `detail.alone` of a {@link SubscriptionSteps}.
   */
  note(status: SubscriptionStatus, alone = true): Sighted {
    const { type, eventsSinceSubscriptionStart: count } = status;
    const subscription = idOf(status.subscription);
    const sighting = { type, count, alone, numbers: status.events.map((e) => e.eventNumber) };
    const before = this.#ledger.last(subscription);
    const plan = this.#ledger.plan(subscription, sighting);
    const start = this.#ledger.last(subscription);
    const restarted = before !== null && start! < before;
    const news = plan.steps.flatMap((step) => ("deliver" in step ? step.deliver : []));
    const missing = plan.steps.flatMap((step) => ("fill" in step ? [step.fill] : []));
    const entry = (restarted ? undefined : this.#entries.get(subscription)) ?? this.#begin(restarted ? start : null, plan, news);
    const first = news[0];
    const old = distinct(sighting.numbers).filter((n) => first === undefined || n < first);
    const { rest, taken } = takeOut(entry.unseen, old);
    entry.unseen = [...rest, ...missing].slice(-maxRanges);
    this.#keep(subscription, entry, plan.last);
    const late = new Set(taken);
    return {
      subscription, missing, restarted,
      fresh: [...taken, ...news],
      repeated: old.filter((n) => !late.has(n)),
      filled: taken.filter((n) => n > entry.base),
    };
  }

  /** What is outstanding of a Subscription. */
  missing(subscription: string): readonly EventRange[] {
    const { base = 0n, unseen = [] } = this.#entries.get(subscription) ?? {};
    return unseen.filter(({ to }) => to > base).map(({ from, to }) => ({ from: from > base ? from : base + 1n, to }));
  }

  /** The last event of a Subscription that is known of, seen or missing; null while nothing was counted. */
  last(subscription: string): bigint | null {
    return this.#ledger.last(subscription);
  }

  /** A Subscription that was never heard of, or that counts anew from `start` on. */
  #begin(start: bigint | null, plan: Plan, news: readonly bigint[]): Entry {
    const watched = this.#start === "beginning" ? 0n : news[0] === undefined ? plan.last ?? 0n : news[0] - 1n;
    const base = start ?? watched;
    return { base, unseen: base > 0n ? [{ from: 1n, to: base }] : [] };
  }

  #keep(subscription: string, entry: Entry, last: bigint | null): void {
    if (last === null || (!this.#entries.has(subscription) && this.#entries.size >= maxTracked)) return;
    this.#entries.set(subscription, entry);
    this.#ledger.note(subscription, last);
  }
}

/** Takes numbers out of ranges, both growing. Returns what is left of these, and the numbers that were in them. */
function takeOut(ranges: readonly EventRange[], numbers: readonly bigint[]): { rest: EventRange[]; taken: bigint[] } {
  const rest: EventRange[] = [];
  const taken: bigint[] = [];
  let next = 0;
  for (const { from: first, to } of ranges) {
    let from = first;
    for (let n = numbers[next]; n !== undefined && n <= to; n = numbers[++next]) {
      if (n < from) continue;
      taken.push(n);
      if (n > from) rest.push({ from, to: n - 1n });
      from = n + 1n;
    }
    if (from <= to) rest.push({ from, to });
  }
  return { rest, taken };
}
