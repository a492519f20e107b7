/** Keeping up with what other gates revoke. */

import { Alarm, type Clock } from "../client/clock.js";
import { WsbindError } from "../error.js";
import { why } from "../options.js";
import type { Observer } from "./observe.js";
import { fromStore } from "./within.js";
import type { Revocations } from "./revocations.js";
import type { GateStore, RevocationRecord } from "./store/store.js";

/** How long one call to a store may take, in milliseconds. */
export const storeTimeout = 5_000;

/** How a store is watched. Times are in milliseconds. */
export interface WatchConfig {
  readonly store: GateStore;
  readonly known: Revocations;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly pollInterval: number;
  readonly patience: number;
  /** Whether nothing ends when the store cannot be read. */
  readonly open: boolean;
  /** Whether the store may tell by itself, where it can. */
  readonly listens: boolean;
  /** There are revocations that were not known. */
  readonly news: () => void;
  /** The store could not be read for too long. */
  readonly blind: (error: WsbindError) => void;
}

/** Reads the revocations of a store while there are sockets: once for all of them, or for one that is alone. */
export class Watch {
  #config: WatchConfig;
  #alarm: Alarm;
  #cursor: string | undefined;
  /** The version of what is known that was told of. */
  #version: number;
  /** When everything that was revoked until then was known; in milliseconds since 1970. */
  #readAt = -Infinity;
  /** Since when it runs: nobody can have been blind for longer. */
  #startedAt = 0;
  #reading: Promise<void> | null = null;
  #watching: AbortController | null = null;
  /** Whether the store tells of revocations by itself. */
  #told = false;
  #running = false;

  constructor(config: WatchConfig) {
    this.#config = config;
    this.#version = config.known.version;
    this.#alarm = new Alarm(config.clock, () => void this.#tick());
  }

  /** Begins, where it has not begun. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#startedAt = this.#config.clock.now();
    this.#subscribe();
    this.#alarm.set(this.#config.pollInterval);
  }

  stop(): void {
    this.#running = false;
    this.#alarm.stop();
    this.#unsubscribe();
  }

  /** Resolves when all is known that was revoked until a poll ago; throws `store-unavailable` if it cannot be. */
  async fresh(): Promise<void> {
    if (this.#told || this.#age() < this.#config.pollInterval) return;
    await this.#read();
  }

  #age(): number {
    const age = this.#config.clock.now() - this.#readAt;
    return age < 0 ? Infinity : age; // a clock that was set back
  }

  async #tick(): Promise<void> {
    try {
      await this.#read();
      if (this.#running && this.#watching === null) this.#subscribe();
    } catch (err) {
      this.#judge(err as WsbindError);
    }
    if (this.#running) this.#alarm.set(this.#config.pollInterval);
  }

  #judge(error: WsbindError): void {
    const { clock, pollInterval, patience, open, blind } = this.#config;
    if (!this.#running || open) return;
    const seen = Math.max(this.#readAt, this.#startedAt);
    if (clock.now() - seen >= pollInterval + patience) blind(error);
  }

  /** One at a time is read; whoever needs it waits for that. */
  #read(): Promise<void> {
    return (this.#reading ??= this.#poll().finally(() => (this.#reading = null)));
  }

  async #poll(): Promise<void> {
    const { store, clock, observe } = this.#config;
    const began = clock.now();
    try {
      const { records, cursor } = await fromStore(clock, storeTimeout, store.revoked(this.#cursor));
      this.#cursor = cursor;
      this.#readAt = began;
      this.#note(records);
    } catch (err) {
      const detail = `the revocations cannot be read: ${why(err)}`;
      observe({ event: "store-failed", code: "store-unavailable", detail });
      throw new WsbindError("store-unavailable", detail, { cause: err });
    }
  }

  #note(records: readonly RevocationRecord[]): void {
    const { known, clock, news } = this.#config;
    const now = clock.now() / 1000;
    for (const record of records) known.note(record, now);
    // Others may have noted something as well.
    if (known.version === this.#version) return;
    this.#version = known.version;
    news();
  }

  /** Has the store tell by itself, where it can. It is asked nevertheless, for it may fall silent without a word. */
  #subscribe(): void {
    const { store, observe, listens } = this.#config;
    if (!listens || store.watch === undefined) return;
    const controller = (this.#watching = new AbortController());
    const mine = (): boolean => this.#watching === controller;
    const lost = (err: unknown): void => {
      if (!mine()) return;
      this.#unsubscribe();
      observe({ event: "store-failed", code: "store-unavailable", detail: `the store tells of no revocations any more: ${why(err)}` });
    };
    const tell = (record: RevocationRecord): void => {
      if (mine()) this.#note([record]);
    };
    const listen = async (): Promise<void> => {
      await store.watch?.(tell, lost, controller.signal);
      // Only what is read after the store began to tell is complete.
      await this.#reading?.catch(() => {});
      await this.#read();
      if (mine()) this.#told = true;
    };
    listen().catch(lost);
  }

  #unsubscribe(): void {
    this.#told = false;
    this.#watching?.abort();
    this.#watching = null;
  }
}
