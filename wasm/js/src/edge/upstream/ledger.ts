/** The numbers of a Subscription's events, and the notifications that bear them. */

import { WsbindError } from "../../error.js";
import { why } from "../../options.js";
import type { Core, SubscriptionFacts } from "../core.js";
import type { BridgeConfig } from "./config.js";
import type { EventSource } from "./tap.js";
import { fromStore } from "../within.js";

/** Counts in the store, and writes what was counted. */
export class Ledger {
  #core: Core;
  #config: BridgeConfig;
  #counter: string;
  /** The highest number that was seen here. */
  #count = 0;

  constructor(core: Core, config: BridgeConfig, id: string) {
    this.#core = core;
    this.#config = config;
    this.#counter = `events.${id}`;
  }

  /** A new number. Rejects with `store-unavailable`. */
  async next(): Promise<number> {
    return this.#seen(await this.#asked((store) => store.increment(this.#counter)));
  }

  /** How many events there were. Rejects with `store-unavailable`. */
  async count(): Promise<number> {
    return this.#seen(await this.#asked((store) => store.count(this.#counter)));
  }

  /** An event as it is told, by its number. */
  event(facts: SubscriptionFacts, eventNumber: number, source: EventSource | undefined): string {
    return this.#write(facts, "event-notification", eventNumber, eventNumber, facts.content === "empty" ? undefined : source);
  }

  handshake(facts: SubscriptionFacts, count: number): string {
    return this.#write(facts, "handshake", count);
  }

  /**
   * A heartbeat, with the count that this gate's clients know: another gate that
   * shares the store numbers the same event anew, and nobody here has missed that.
   */
  heartbeat(facts: SubscriptionFacts): string {
    return this.#write(facts, "heartbeat", this.#count);
  }

  #write(facts: SubscriptionFacts, type: "handshake" | "heartbeat" | "event-notification", count: number, eventNumber?: number, source?: EventSource): string {
    const { fhir, publicBase: base, ids, clock } = this.#config;
    const { id: subscription, topic, content } = facts;
    return this.#core.writeNotification({
      fhir, base, type, subscription, topic, content, eventNumber, status: "active",
      id: ids(), timestamp: new Date(clock.now()).toISOString(), eventsSinceSubscriptionStart: count,
    }, source);
  }

  async #asked(ask: (store: BridgeConfig["store"]) => Promise<number>): Promise<number> {
    const { clock, timeout, store, observe } = this.#config;
    try {
      return await fromStore(clock, timeout, ask(store));
    } catch (err) {
      const error = new WsbindError("store-unavailable", `events cannot be counted: ${why(err)}`, { cause: err });
      observe({ event: "store-failed", code: error.code, detail: error.message });
      throw error;
    }
  }

  #seen(count: number): number {
    this.#count = Math.max(this.#count, count);
    return count;
  }
}
