/** The public face: one client, from its start to its end. */

import { WsbindError } from "../error.js";
import { ClientEvent, type ClientEventMap, type ClientState, type ReceivedNotification } from "./events.js";
import { asFailure } from "./failure.js";
import { maxSubscriptions } from "./gaps.js";
import { settle, type Settings, type SubscriptionClientOptions } from "./options.js";
import { Handoff } from "./queue.js";
import { Runner } from "./runner.js";

/** How a listener is called: as everywhere, and without the types that browsers alone have. */
export interface ListenerOptions {
  /** Only for the first event. */
  readonly once?: boolean;
  /** Ends the listening. */
  readonly signal?: AbortSignal;
}

/** What may listen to events of any type. */
export type AnyListener = ((event: Event) => void) | {
  /** Is told of each event. */
  handleEvent(event: Event): void;
} | null;

/** What hands over the notifications of a client; it may be looped over itself. */
export interface NotificationIterator extends AsyncIterator<ReceivedNotification, undefined> {
  /** Returns itself. */
  [Symbol.asyncIterator](): NotificationIterator;
}

/** The typed way to listen; any other type is accepted and never dispatched. */
export interface SubscriptionClient {
  /** Listens to one type of event; `event.detail` has what it is about. */
  addEventListener<K extends keyof ClientEventMap>(
    type: K, listener: (event: ClientEvent<ClientEventMap[K]>) => void, options?: boolean | ListenerOptions): void;
  /** Listens as an EventTarget does. */
  addEventListener(type: string, listener: AnyListener, options?: boolean | ListenerOptions): void;
  /** Listens no more. */
  removeEventListener<K extends keyof ClientEventMap>(type: K, listener: (event: ClientEvent<ClientEventMap[K]>) => void): void;
  /** Listens no more, as an EventTarget does. */
  removeEventListener(type: string, listener: AnyListener): void;
}

/**
 * Listens to FHIR Subscriptions over a websocket.
 *
 * ```js
 * const client = new SubscriptionClient({ base: "https://example.org/fhir/R4", subscriptions: ["123"] })
 * for await (const notification of client) {
 *   for (const event of notification.events) handle(event.focus)
 * }
 * ```
 *
 * It calls `$get-ws-binding-token`, checks the answer against the operation's
 * definition, connects to the `websocket-url` it was given, binds, and hands over
 * every notification after checking it. It renews the token in time, and makes a
 * new connection where the URL has changed, before it closes the old one.
 *
 * #### What it promises
 *
 * Each event of a Subscription is handed over once, in the order of the numbers.
 * A gap is filled by `$events` before what comes behind it, while other
 * Subscriptions go on; what the server cannot give any more is told as missed,
 * never passed over in silence. A connection that ends, that falls silent, or that
 * slept with its machine is made anew, after a growing, jittered wait. What will
 * not heal (a Subscription that is gone, a caller who may not) ends the loop with
 * the reason, a {@link WsbindError}; `break`, {@link SubscriptionClient.close} and
 * the signal end it without one.
 *
 * The numbers are all there is to go by. A Subscription that was deleted and
 * created again under its id counts anew, which shows only if it counts less than
 * before: that is a problem with the code `counter-mismatch`, and its next events
 * are news.
 *
 * #### What ends it
 *
 * | `code` | |
 * |---|---|
 * | `not-found`, `gone`, `subscription-not-bindable`, `unknown-subscription`, `no-subscriptions` | no Subscription is left to listen to; a single one that ends does not harm its neighbours |
 * | `login-required`, `forbidden` | the headers are refused, also those of a function that was asked again |
 * | `malformed-request`, `method-not-allowed` | the base does not offer the operation |
 * | `invalid-token`, `expired-token`, … | the server refuses its own tokens, or its answers break the definition, eight times on end |
 *
 * Everything else is tried again: see `maxAttempts` to bound that.
 *
 * #### A slow consumer
 *
 * A notification waits until the loop asks for it. When more wait than
 * `maxQueued` or `maxQueuedSize` allow, the connection is closed; once they are
 * taken it is made anew, and what happened meanwhile comes from `$events`.
 * Handshakes and heartbeats do not count, up to 16 MiB.
 *
 * #### Events
 *
 * Instead of a loop, or beside it, an application may listen to the events of
 * {@link ClientEventMap}, and call {@link SubscriptionClient.start}. Listeners are
 * not waited for, and what one throws is reported by the runtime, as with every
 * EventTarget: Node ends the process.
 */
export class SubscriptionClient extends EventTarget implements AsyncIterable<ReceivedNotification> {
  #settings: Settings;
  #controller = new AbortController();
  #handoff: Handoff<ReceivedNotification> | null = null;
  #seen = new Map<string, bigint>();
  #state: ClientState = "idle";
  #running = false;
  #reason: WsbindError | undefined;
  #close!: (reason: WsbindError | undefined) => void;

  /** Resolves when the client has ended, with the reason if there was one. It never rejects. */
  readonly closed: Promise<WsbindError | undefined>;

  /** Checks the options; nothing is sent before a loop begins, or {@link SubscriptionClient.start} is called. */
  constructor(options: SubscriptionClientOptions) {
    super();
    this.#settings = settle(options);
    for (const [id, last] of this.#settings.seen) this.#seen.set(id, last);
    this.closed = new Promise((resolve) => { this.#close = resolve; });
    const { signal } = this.#settings;
    if (signal?.aborted) this.close();
    else signal?.addEventListener("abort", () => this.close(), { once: true, signal: this.#controller.signal });
  }

  /** What the client is doing. */
  get state(): ClientState {
    return this.#state;
  }

  /**
   * By Subscription id, the last event that was handled, as decimal numbers: what
   * a later client takes as `seen`, also from JSON. In a loop an event counts as
   * handled when the loop asks for more; otherwise when it was dispatched.
   */
  get seen(): Record<string, string> {
    return Object.fromEntries([...this.#seen].map(([id, last]) => [id, String(last)]));
  }

  /** Begins to listen, for those who only want events. A second call does nothing. */
  start(): void {
    if (this.#running || this.#controller.signal.aborted) return;
    this.#running = true;
    const runner = new Runner(this.#settings, {
      signal: this.#controller.signal,
      deliver: (notification, last) => this.#deliver(notification, last),
      missed: (subscription, range, error) => this.#tell("missed", { subscription, ...range, error }),
      problem: (error, subscription, text) => this.#tell("problem", { error, subscription, text }),
      become: (state, reason, retryIn) => this.#become(state, reason, retryIn),
    });
    runner.run().then((reason) => this.#finish(reason), (err: unknown) => this.#finish(asFailure(err).reason));
  }

  /** Begins to listen and hands over the notifications. There is one loop at a time. */
  [Symbol.asyncIterator](): NotificationIterator {
    const over = this.#controller.signal.aborted;
    if (this.#handoff && !over) {
      throw new WsbindError("invalid-call", "the client is looped over already: a second loop would take notifications from the first");
    }
    this.#handoff = new Handoff(() => this.close());
    if (over) this.#handoff.finish(this.#reason);
    this.start();
    return this.#handoff;
  }

  /**
   * Ends the client: the sockets are closed, and a loop ends. A server that does
   * not answer the goodbye is cut off by the sockets of `ws` and of Bun. Others have
   * no means to, and may keep a process until the operating system gives the
   * connection up.
   */
  close(): void {
    this.#finish(undefined);
  }

  #finish(reason: WsbindError | undefined): void {
    if (this.#controller.signal.aborted) return;
    this.#reason = reason;
    this.#controller.abort();
    this.#handoff?.finish(reason);
    this.#become("closed", reason);
    this.#close(reason);
    this.dispatchEvent(new ClientEvent("close", { reason }));
  }

  /** Dispatches, and waits until a loop has taken it. */
  async #deliver(notification: ReceivedNotification, last: bigint | null): Promise<void> {
    if (this.#controller.signal.aborted) return;
    const handled = (): void => {
      const { subscription: id } = notification;
      if (last !== null && (this.#seen.has(id) || this.#seen.size < maxSubscriptions)) this.#seen.set(id, last);
    };
    this.#tell("notification", notification);
    if (!this.#handoff) return handled();
    await this.#handoff.give(notification, handled);
  }

  #become(state: ClientState, reason?: WsbindError, retryIn?: number): void {
    if (state === this.#state && state !== "waiting") return;
    this.#state = state;
    this.#tell("state", { state, reason, retryIn });
  }

  #tell<K extends keyof ClientEventMap>(type: K, detail: ClientEventMap[K]): void {
    this.dispatchEvent(new ClientEvent(type, detail));
  }
}
