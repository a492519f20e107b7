/** Holds one session after the other, until something will not heal. */

import type { Release } from "../definition.js";
import type { BindingResponse, NotificationVerdict } from "../judging.js";
import type { Kit } from "../kit.js";
import { load } from "../load.js";
import { WsbindError } from "../error.js";
import { backoff } from "./backoff.js";
import { sleep } from "./clock.js";
import type { ClientState, ReceivedNotification } from "./events.js";
import { asFailure, Failure, maxRefusals } from "./failure.js";
import { Ledger, maxSubscriptions, type EventRange } from "./gaps.js";
import { Heartbeats } from "./heartbeat.js";
import type { Settings } from "./options.js";
import { Pipeline } from "./pipeline.js";
import { deadStatus, Server, tokenCall } from "./server.js";
import { Session, type SessionHost } from "./session.js";

/** What the runner tells, and to whom it hands over. */
export interface Audience {
  /** Ends everything. */
  readonly signal: AbortSignal;
  deliver(notification: ReceivedNotification, last: bigint | null): Promise<void>;
  missed(subscription: string, range: EventRange, reason: WsbindError): void;
  problem(error: WsbindError, subscription: string | null, text: string | null): void;
  become(state: ClientState, reason?: WsbindError, retryIn?: number): void;
}

/** Subscriptions whose heartbeat period is read. */
const maxPeriods = 100;

/** What is known of a base that was reached. */
interface Contact {
  readonly kit: Kit;
  readonly fhir: Release;
  readonly pipeline: Pipeline;
}

/** Runs once. */
export class Runner {
  #settings: Settings;
  #audience: Audience;
  #server: Server;
  #heartbeats: Heartbeats;
  #contact: Contact | null = null;
  #session: Session | null = null;
  #attempts = 0;
  #refusals = 0;
  /** Why there will be no token any more, also where the session that asked was over by then. */
  #denied: Failure | null = null;
  /** What the token is for, or was heard of. */
  #live = new Set<string>();
  /** What cannot be bound any more, and why. */
  #dead = new Map<string, Failure>();
  /** Whose heartbeat period is known, or asked for; those still to be asked for; and whether that is under way. */
  #asked = new Set<string>();
  #asking: string[] = [];
  #reading: Promise<void> | null = null;

  constructor(settings: Settings, audience: Audience) {
    const { base, fetch, headers, clock, timeout, maxAnswer: maxBytes, level, allowWs } = settings;
    this.#settings = settings;
    this.#audience = audience;
    this.#server = new Server({ base, fetch, headers, clock, timeout, maxBytes, level, allowWs, signal: audience.signal });
    this.#heartbeats = new Heartbeats(settings.heartbeatTolerance);
  }

  /** Listens until the signal says stop, or something will not heal: that is returned. */
  async run(): Promise<WsbindError | undefined> {
    const { signal } = this.#audience;
    while (!signal.aborted) {
      this.#audience.become("connecting");
      const { failure, good } = await this.#attempt();
      if (signal.aborted) break;
      const wait = this.#judge(failure, good);
      if (wait === null) {
        await this.#contact?.pipeline.idle();
        return failure.reason;
      }
      this.#audience.become("waiting", failure.reason, wait / 1000);
      if (isPause(failure)) await this.#contact?.pipeline.idle();
      await sleep(this.#settings.clock, wait, signal);
    }
    return undefined;
  }

  /** Makes one session, and returns why it ended and whether it had been a good one. */
  async #attempt(): Promise<{ failure: Failure; good: boolean }> {
    try {
      this.#contact ??= await this.#reach();
    } catch (err) {
      return { failure: asFailure(err), good: false };
    }
    const session = this.#session = new Session(this.#host(this.#contact));
    const failure = await session.run();
    this.#session = null;
    return { failure, good: session.good };
  }

  async #reach(): Promise<Contact> {
    const kit = await this.#kit();
    const fhir = this.#settings.fhir ?? await this.#server.release();
    const { clock, random, seen, start, maxFill, maxQueued, maxQueuedSize } = this.#settings;
    const { signal } = this.#audience;
    const pipeline = new Pipeline({
      ledger: new Ledger(seen, start),
      fill: {
        kit, fhir, server: this.#server, clock, random, signal, backoff: this.#backoff, maxFill: BigInt(maxFill),
        tolerates: (verdict, text) => this.#tolerates(verdict, text),
      },
      maxQueued, maxQueuedSize,
      deliver: (notification, last) => this.#audience.deliver(notification, last),
      missed: (id, range, reason) => this.#audience.missed(id, range, reason),
      problem: (error, id, text) => this.#audience.problem(error, id, text),
    });
    return { kit, fhir, pipeline };
  }

  async #kit(): Promise<Kit> {
    if (this.#settings.kit) return this.#settings.kit;
    try {
      return await load();
    } catch (err) {
      const { prospect, reason } = asFailure(err);
      throw new Failure(reason.code === "connection-failed" ? "passing" : prospect, reason);
    }
  }

  get #backoff(): { first: number; longest: number } {
    const { firstWait, longestWait } = this.#settings;
    return { first: firstWait, longest: Math.max(firstWait, longestWait) };
  }

  #host({ kit, fhir, pipeline }: Contact): SessionHost {
    const { WebSocket, clock, random, timeout, bindTimeout, renewAfter, maxFrame } = this.#settings;
    return {
      kit, fhir, WebSocket, clock, random, timeout, bindTimeout, renewAfter, maxFrame,
      backoff: this.#backoff, heartbeats: this.#heartbeats, signal: this.#audience.signal,
      token: (signal) => this.#token(kit, fhir, signal),
      bound: (ids) => this.#bound(ids),
      take: (frame) => pipeline.offer(frame),
      tolerates: (verdict, text) => this.#tolerates(verdict, text),
      status: (id, status) => this.#status(id, status),
      problem: (error, id, text) => this.#audience.problem(error, id, text),
    };
  }

  /** Decides how long to wait for the next session, or that there is none. */
  #judge(failure: Failure, good: boolean): number | null {
    const { maxAttempts, random } = this.#settings;
    if (good) this.#attempts = this.#refusals = 0;
    const spares = this.#spares(failure);
    if (failure.prospect === "final" && !spares) return null;
    // Asked for by an earlier answer, maybe, such as that to a renewal.
    const asked = this.#server.respite(tokenCall);
    if (failure.expected && good) return asked;
    if (isPause(failure)) return Math.max(backoff(this.#backoff, 0, random()), asked);
    this.#attempts++;
    if (failure.prospect === "refused" || spares) this.#refusals++;
    if (this.#refusals >= maxRefusals || this.#attempts >= maxAttempts) return null;
    return Math.max(backoff(this.#backoff, this.#attempts - 1, random()), failure.after, asked);
  }

  /** Whether a Subscription is gone, and maybe not all of them: the next request for a token finds out which. */
  #spares({ reason }: Failure): boolean {
    return reason.code === "unknown-subscription" && this.#wanted().length !== 1;
  }

  /** The Subscriptions that were named and are alive. */
  #wanted(): string[] {
    return this.#settings.subscriptions.filter((id) => !this.#dead.has(id));
  }

  async #token(kit: Kit, fhir: Release, signal: AbortSignal): Promise<BindingResponse> {
    if (this.#denied) throw this.#denied;
    try {
      return await this.#ask(kit, fhir, signal);
    } catch (err) {
      const failure = asFailure(err);
      if (failure.prospect === "final" && failure.reason.code !== "aborted") this.#denied = failure;
      throw failure;
    }
  }

  /** Asks for a token for all that is still alive. */
  async #ask(kit: Kit, fhir: Release, signal: AbortSignal): Promise<BindingResponse> {
    for (;;) {
      const wanted = this.#wanted();
      // Never a request without ids where some were named: it might get a token for everything.
      if (wanted.length === 0 && this.#settings.subscriptions.length > 0) throw [...this.#dead.values()].at(-1)!;
      try {
        const grant = await this.#server.token(kit, fhir, wanted, signal);
        this.#compare(wanted, grant.subscriptions);
        return grant;
      } catch (err) {
        const failure = asFailure(err);
        if (wanted.length < 2 || !blamesSubscription(failure) || !await this.#bury(wanted)) throw failure;
      }
    }
  }

  /** Tells of Subscriptions that a token was asked for and does not cover. */
  #compare(wanted: readonly string[], covered: readonly string[]): void {
    if (covered.length === 0) return; // the server does not say
    const there = new Set(covered);
    for (const id of wanted) {
      if (!there.has(id)) this.#audience.problem(new WsbindError("unknown-subscription", `the token does not cover Subscription ${id}, which it was asked for`), id, null);
    }
  }

  /**
   * One Subscription that is gone keeps a server from answering for its
   * neighbours (P§10). Reads which it is, and whether there are any.
   */
  async #bury(ids: readonly string[]): Promise<boolean> {
    let found = false;
    for (const id of ids) {
      const failure = await this.#server.obstacle(id);
      if (!failure) continue;
      found = true;
      this.#declareDead(id, failure);
    }
    return found;
  }

  #declareDead(id: string, failure: Failure): void {
    if (!this.#dead.has(id)) this.#audience.problem(failure.reason, id, null);
    this.#dead.set(id, failure);
    this.#heartbeats.forget(id);
    this.#asked.delete(id);
  }

  #bound(ids: readonly string[]): void {
    this.#audience.become("bound");
    this.#live = new Set(ids.length > 0 ? ids : this.#settings.subscriptions);
    this.#expectHeartbeats(this.#live);
  }

  /** Notes a Subscription's status. One that is dead ends the client, unless others are left. */
  #status(id: string, status: string): Failure | null {
    if (status === "active" || status === "requested") this.#dead.delete(id);
    const failure = deadStatus(id, status);
    if (!this.#live.has(id)) {
      if (this.#live.size >= maxSubscriptions) return null;
      this.#live.add(id);
      if (!failure) this.#expectHeartbeats([id]);
    }
    if (!failure) return null;
    this.#declareDead(id, failure);
    return [...this.#live].every((other) => this.#dead.has(other)) ? failure : null;
  }

  /** Begins to wait for heartbeats where there is a period. */
  #expectHeartbeats(ids: Iterable<string>): void {
    const { heartbeatPeriod } = this.#settings;
    if (heartbeatPeriod === false) return;
    for (const id of ids) {
      if (this.#asked.has(id) || (heartbeatPeriod === undefined && this.#asked.size >= maxPeriods)) continue;
      this.#asked.add(id);
      if (heartbeatPeriod === undefined) this.#asking.push(id);
      else this.#watch(id, heartbeatPeriod);
    }
    if (this.#asking.length > 0) this.#reading ??= this.#readPeriods();
  }

  /** Reads the periods that are not known, one after the other. */
  async #readPeriods(): Promise<void> {
    for (let id = this.#asking.shift(); id !== undefined && !this.#audience.signal.aborted; id = this.#asking.shift()) {
      try {
        const period = await this.#server.heartbeatPeriod(id);
        if (period !== null && this.#asked.has(id)) this.#watch(id, period);
      } catch (err) {
        // A caller who may not read it does without. Bad luck is tried again with
        // the next token, and would only befall the others as well.
        if (asFailure(err).prospect !== "passing") continue;
        for (const unread of [id, ...this.#asking.splice(0)]) this.#asked.delete(unread);
      }
    }
    this.#reading = null;
  }

  #watch(id: string, period: number): void {
    this.#heartbeats.watch(id, period, this.#settings.clock.now());
    this.#session?.listenForHeartbeats();
  }

  /** Whether a notification may be handed over, as it was judged. Its errors are told in any case. */
  #tolerates({ valid, issues }: NotificationVerdict, text: string): boolean {
    if (valid) return true;
    const errors = issues.filter(({ severity }) => severity === "fatal" || severity === "error");
    const { tolerate } = this.#settings;
    const tolerated = tolerate === "all" || errors.every(({ code }) => tolerate.includes(code));
    const first = errors[0]!;
    this.#audience.problem(new WsbindError(first.code, `a notification is not valid${tolerated ? "" : ", and not handed over"}: ${first.diagnostics}`,
      { expression: first.expression[0], issues }), null, text);
    return tolerated;
  }
}

/** Whether the client itself closed the connection, because its consumer is slow. */
function isPause({ expected, reason }: Failure): boolean {
  return expected && reason.code === "slow-reader";
}

function blamesSubscription({ prospect, reason }: Failure): boolean {
  return prospect === "final" && ["not-found", "gone", "subscription-not-bindable"].includes(reason.code);
}
