/** A store within one process. */

import { systemClock, type Clock } from "../../client/clock.js";
import { kept } from "./record.js";
import type { GateStore, RevocationPage, RevocationRecord } from "./store.js";

/** How many keys there are before it is looked for expired ones. */
const sweepFrom = 1024;

/**
 * memoryStore makes a store that ends with its process. It serves several gates of
 * one process, and tests. Event numbers in it begin anew when the process does:
 * clients then meet numbers again that they had before.
 */
export function memoryStore(clock: Clock = systemClock): GateStore {
  return new MemoryStore(clock);
}

class MemoryStore implements GateStore {
  readonly atomic = true;
  #clock: Clock;
  #values = new Map<string, { readonly value: string; readonly expires: number }>();
  #counters = new Map<string, number>();
  #records: RevocationRecord[] = [];
  /** How many records were dropped from the front: a cursor counts them. */
  #dropped = 0;
  #watchers = new Set<(record: RevocationRecord) => void>();
  #sweepAt = sweepFrom;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async putIfAbsent(key: string, value: string, expires: number): Promise<boolean> {
    if (this.#live(key) !== undefined) return false;
    this.#values.set(key, { value, expires });
    if (this.#values.size >= this.#sweepAt) this.#sweep();
    return true;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#live(key);
  }

  async increment(counter: string): Promise<number> {
    const next = (this.#counters.get(counter) ?? 0) + 1;
    this.#counters.set(counter, next);
    return next;
  }

  async count(counter: string): Promise<number> {
    return this.#counters.get(counter) ?? 0;
  }

  async revoke(record: RevocationRecord): Promise<void> {
    this.#forget();
    this.#records.push(record);
    for (const tell of this.#watchers) tell(record);
  }

  async revoked(since = "0"): Promise<RevocationPage> {
    this.#forget();
    const end = this.#dropped + this.#records.length;
    return { records: this.#records.slice(Math.max(0, Number(since) - this.#dropped)), cursor: String(end) };
  }

  async watch(tell: (record: RevocationRecord) => void, _lost: (err: unknown) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#watchers.add(tell);
    signal.addEventListener("abort", () => this.#watchers.delete(tell), { once: true });
  }

  get #now(): number {
    return this.#clock.now() / 1000;
  }

  #live(key: string): string | undefined {
    const kept = this.#values.get(key);
    return kept !== undefined && kept.expires > this.#now ? kept.value : undefined;
  }

  #sweep(): void {
    for (const [key, { expires }] of this.#values) if (expires <= this.#now) this.#values.delete(key);
    this.#sweepAt = Math.max(sweepFrom, this.#values.size * 2);
  }

  /** Records come in the order of time, as a rule; one that does not is kept with those before it. */
  #forget(): void {
    const old = this.#records.findIndex(({ at }) => at + kept >= this.#now);
    const dropped = old < 0 ? this.#records.length : old;
    this.#records.splice(0, dropped);
    this.#dropped += dropped;
  }
}
