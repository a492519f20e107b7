/**
 * A Subscription of the FHIR server as long as anybody is bound to it: one feed, and
 * any number of channels that are told the same with the same numbers.
 */

import { backoff } from "../../client/backoff.js";
import { Alarm, sleep } from "../../client/clock.js";
import { asFailure, Failure, final, passing } from "../../client/failure.js";
import { Turns } from "../../client/turns.js";
import { WsbindError } from "../../error.js";
import type { Core, SubscriptionFacts } from "../core.js";
import { obstacle, type FhirServer } from "./fhir.js";
import { Ledger } from "./ledger.js";
import type { Dialect, EventSource, Sink, Tap } from "./tap.js";
import { within } from "../within.js";

/** Events that may wait for their number, and how many of the longest frames they may be together. */
const maxWaiting = 1_000;
const maxFrames = 4;

/** A server that is back for this long has come back, in milliseconds. */
const stableAfter = 10_000;

/** What a feed tells each of those who hold it. */
export interface Holder {
  /** A notification of the Subscription; in order, and after {@link Feed.join} only. */
  give(frame: string): void;
  /** The FHIR server is lost. */
  lost(error: WsbindError): void;
  /** It is there again, and its handshake was given. */
  found(): void;
  /** The Subscription is no more; or, if `all`, nothing can be. */
  ended(error: WsbindError, all: boolean): void;
}

/** What feeds share. */
export interface FeedHost {
  readonly core: Core;
  readonly server: FhirServer;
  readonly dialect: Dialect;
  /** Called when the feed is over. */
  over(feed: Feed): void;
}

/** One Subscription. */
export class Feed implements Sink {
  readonly id: string;
  #host: FeedHost;
  #ledger: Ledger;
  #tap: Tap;
  #state: "new" | "live" | "lost" | "over" = "new";
  #facts: SubscriptionFacts | undefined;
  /** The read that is under way, which all wait for who want one. */
  #reading: Promise<SubscriptionFacts> | null = null;
  /** Resolves when the tap is open: at first, or again. */
  #opened: Promise<void> | null = null;
  #holders = new Set<Holder>();
  #joined = new Set<Holder>();
  #turns = new Turns();
  #waiting = 0;
  /** The characters of what waits. */
  #size = 0;
  /** What ended the feed, unless that was its last holder. */
  #reason: WsbindError | null = null;
  /** What was lost before its opening was noted. */
  #early: Failure | null = null;
  /** Why the server is not back yet. */
  #missed!: WsbindError;
  /** Since when it is, and until when it is waited for; attempts to have it back. */
  #since = 0;
  #deadline: number | null = null;
  #attempts = 0;
  #heartbeat: Alarm;
  #patience: Alarm;
  #controller = new AbortController();

  constructor(id: string, host: FeedHost) {
    const { core, server: { config }, dialect } = host;
    this.id = id;
    this.#host = host;
    this.#ledger = new Ledger(core, config, id);
    this.#tap = dialect.tap(id, core, this);
    this.#heartbeat = new Alarm(config.clock, () => this.#beat());
    this.#patience = new Alarm(config.clock, () => this.#end(this.#missed, false));
  }

  /** Whether the FHIR server is connected. */
  get live(): boolean {
    return this.#state === "live";
  }

  get over(): boolean {
    return this.#state === "over";
  }

  /** Keeps the feed, until {@link release}. */
  hold(holder: Holder): void {
    this.#holders.add(holder);
  }

  /** Ends the feed with its last holder. */
  release(holder: Holder): void {
    this.#holders.delete(holder);
    this.#joined.delete(holder);
    if (this.#holders.size === 0) this.#close();
  }

  /**
   * Resolves when the Subscription may be bound now and its events come in. Rejects
   * with the Failure that says why not.
   */
  async ready(): Promise<void> {
    const { clock, timeout } = this.#host.server.config;
    await this.#read();
    if (this.over) throw this.#gone;
    if (this.#state === "lost") return within(clock, timeout, this.#opened!, () => new Failure("passing", this.#missed));
    this.#opened ??= this.#open().catch((err: unknown) => {
      this.#opened = null;
      throw err;
    });
    await this.#opened;
  }

  /**
   * Gives a holder all that comes from now on, and returns its handshake. Rejects
   * with `store-unavailable`.
   */
  join(holder: Holder, joined: () => void): Promise<string> {
    return this.#turns.take(async () => {
      const count = await this.#ledger.count();
      const handshake = this.#ledger.handshake(this.#facts!, count);
      if (this.over || !this.#holders.has(holder)) throw this.#gone;
      this.#joined.add(holder);
      joined();
      if (this.live && this.#heartbeat.due === null) this.#rest();
      return handshake;
    });
  }

  /** Numbers an event, and tells it when its number is stored. */
  async event(source?: EventSource): Promise<void> {
    if (this.#state === "new" || this.over) return; // nobody is bound
    const size = source?.text.length ?? 0;
    if (this.#waiting >= maxWaiting || this.#size + size > maxFrames * this.#host.server.config.maxBytes) {
      return this.lost(passing("upstream-unavailable", `${this.#waiting} events wait for their number, and no more may`));
    }
    this.#waiting++;
    this.#size += size;
    await this.#turns.take(() => this.#number(source));
    this.#waiting--;
    this.#size -= size;
  }

  async #number(source: EventSource | undefined): Promise<void> {
    if (this.over) return;
    let number: number;
    try {
      number = await this.#ledger.next();
    } catch (err) {
      return this.#end(err as WsbindError, true); // no event without its number
    }
    if (!this.over) this.#tell(() => this.#ledger.event(this.#facts!, number, source));
  }

  /** Gives everybody a notification. One that cannot be written is missing: its number says so. */
  #tell(write: () => string): void {
    let frame: string;
    this.#rest();
    try {
      frame = write();
    } catch (err) {
      return this.#note("notification-refused", err as WsbindError);
    }
    for (const holder of [...this.#joined]) holder.give(frame);
  }

  /** Begins the period of the heartbeat anew. */
  #rest(): void {
    const { heartbeatPeriod = 0 } = this.#facts ?? {};
    if (this.live && heartbeatPeriod > 0) this.#heartbeat.set(heartbeatPeriod * 1000);
    else this.#heartbeat.stop();
  }

  #beat(): void {
    this.#tell(() => this.#ledger.heartbeat(this.#facts!));
  }

  #read(): Promise<SubscriptionFacts> {
    return this.#reading ??= this.#readNow().finally(() => { this.#reading = null; });
  }

  /** Reads the Subscription; if it is gone for good so is the feed. */
  async #readNow(): Promise<SubscriptionFacts> {
    const { core, server, dialect } = this.#host;
    try {
      const facts = await server.subscription(core, this.id, this.#controller.signal);
      // A status of error ends no binding, and lets none begin (P§10).
      const problem = obstacle(facts) ?? dialect.obstacle(facts);
      if (problem && facts.status === "error") throw new Failure("refused", problem.reason);
      if (problem) throw problem;
      this.#learn(facts);
      return facts;
    } catch (err) {
      const failure = this.over ? this.#gone : asFailure(err);
      if (failure.prospect === "final" && this.#state !== "new") this.#end(failure.reason, false);
      throw failure;
    }
  }

  /** What is asked for, and of what, the tap has to know from its opening on. */
  #learn(facts: SubscriptionFacts): void {
    const { content, criteria } = this.#facts ?? facts;
    this.#facts = facts;
    if (facts.content !== content || facts.criteria !== criteria) this.lost(passing("upstream-unavailable", "the Subscription was changed"));
  }

  async #open(): Promise<void> {
    this.#early = null;
    try {
      await this.#tap.open(this.#facts!, this.#controller.signal);
      if (this.#early) throw this.#early;
      if (this.over) throw this.#gone;
      this.#state = "live";
      this.#since = this.#host.server.config.clock.now();
      this.#note("upstream-opened");
    } catch (err) {
      const failure = asFailure(err);
      this.#tap.close();
      if (!this.over) this.#note(failure.prospect === "passing" ? "upstream-lost" : "upstream-refused", failure.reason);
      throw failure;
    }
  }

  /** The tap is dry. */
  lost(failure: Failure): void {
    if (this.#state !== "live") return void (this.#early = failure);
    this.#state = "lost";
    this.#missed = failure.reason;
    this.#heartbeat.stop();
    this.#tap.close();
    this.#note("upstream-lost", failure.reason);
    const { message } = failure.reason;
    for (const holder of [...this.#joined]) holder.lost(new WsbindError("upstream-unavailable", message, { cause: failure.reason }));
    if (this.over) return;
    this.#wait();
    this.#opened = this.#recover();
    this.#opened.catch(() => {}); // those who wait are told, and all others by ended
  }

  /** Begins to wait for the server; it goes on where it was not there for long since it was waited for. */
  #wait(): void {
    const { clock, patience } = this.#host.server.config;
    const now = clock.now();
    if (this.#deadline === null || now - this.#since >= stableAfter) {
      this.#attempts = 0;
      this.#deadline = now + patience;
    }
    this.#patience.set(this.#deadline - now);
  }

  async #recover(): Promise<void> {
    const { clock, backoff: pauses, random } = this.#host.server.config;
    while (this.#state === "lost") {
      await sleep(clock, backoff(pauses, this.#attempts++, random()), this.#controller.signal);
      if (this.#state !== "lost") break;
      try {
        await this.#read();
        await this.#open();
        return this.#found();
      } catch (err) {
        const failure = asFailure(err);
        this.#missed = failure.reason;
        if (failure.prospect === "final") this.#end(failure.reason, false);
      }
    }
    throw new Failure("passing", this.#missed);
  }

  /** Has everybody told how many events there were meanwhile. */
  #found(): void {
    this.#patience.stop();
    void this.#turns.take(async () => {
      try {
        const count = await this.#ledger.count();
        if (!this.live) return;
        this.#tell(() => this.#ledger.handshake(this.#facts!, count));
        for (const holder of [...this.#joined]) holder.found();
      } catch (err) {
        this.#end(err as WsbindError, true);
      }
    });
  }

  /** Why nothing is bound here any more: what ended the feed, or that nobody holds it. */
  get #gone(): Failure {
    return this.#reason ? new Failure("final", this.#reason) : final("aborted", "nobody is bound any more");
  }

  /** Ends the feed, and tells. */
  #end(error: WsbindError, all: boolean): void {
    if (this.over) return;
    this.#reason = error;
    const holders = [...this.#joined];
    this.#close();
    for (const holder of holders) holder.ended(error, all);
  }

  #close(): void {
    if (this.over) return;
    this.#state = "over";
    this.#controller.abort();
    this.#heartbeat.stop();
    this.#patience.stop();
    this.#tap.close();
    this.#joined.clear();
    this.#host.over(this);
  }

  #note(event: "upstream-opened" | "upstream-lost" | "upstream-refused" | "notification-refused", error?: WsbindError): void {
    this.#host.server.config.observe({ event, code: error?.code, detail: error?.message, subscriptions: [this.id] });
  }
}
