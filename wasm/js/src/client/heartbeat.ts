/** Which Subscription should have been heard of by now. Pure: the time is given. */

/** How often a Subscription may miss its heartbeats, if it never sent any, until it is not waited for. */
const maxSilences = 3;

interface Watch {
  readonly id: string;
  readonly period: number;
  last: number;
  /** Whether a heartbeat ever came: a server may know a period and send none. */
  beats: boolean;
  silences: number;
}

/**
 * Watches Subscriptions that have a heartbeat period. Any notification starts
 * the period anew (P§10).
 */
export class Heartbeats {
  #watches = new Map<string, Watch>();
  #tolerance: number;

  /** `tolerance` is how many periods may pass without a word. */
  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  /** Whether there is anything to wait for. */
  get empty(): boolean {
    return this.#watches.size === 0;
  }

  /** Begins to wait for a Subscription, whose period is given in milliseconds. */
  watch(id: string, period: number, now: number): void {
    if (!this.#watches.has(id)) this.#watches.set(id, { id, period, last: now, beats: false, silences: 0 });
  }

  forget(id: string): void {
    this.#watches.delete(id);
  }

  /** Notes a notification. */
  heard(id: string, type: string, now: number): void {
    const watch = this.#watches.get(id);
    if (!watch) return;
    watch.last = now;
    if (type === "heartbeat") watch.beats = true;
  }

  /** Begins every period anew: a binding was made. */
  restart(now: number): void {
    for (const watch of this.#watches.values()) watch.last = now;
  }

  /** When the first of them is overdue, in milliseconds since 1970; null if none is watched. */
  get deadline(): number | null {
    let first: number | null = null;
    for (const watch of this.#watches.values()) {
      const due = watch.last + watch.period * this.#tolerance;
      if (first === null || due < first) first = due;
    }
    return first;
  }

  /**
   * The Subscription that is overdue, if one is, and whether it is worth a new
   * connection. One that was silent several times and never sent a heartbeat is
   * waited for no longer: its server does not send them.
   */
  overdue(now: number): { readonly id: string; readonly silence: number; readonly hopeless: boolean } | null {
    for (const watch of this.#watches.values()) {
      const silence = now - watch.last;
      if (silence < watch.period * this.#tolerance) continue;
      watch.silences = watch.beats ? 0 : watch.silences + 1;
      const hopeless = watch.silences >= maxSilences;
      if (hopeless) this.#watches.delete(watch.id);
      return { id: watch.id, silence, hopeless };
    }
    return null;
  }
}
