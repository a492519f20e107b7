/** The channel step by step, for those who want to see each of them. */

import type { BindingResponse, NotificationVerdict } from "../judging.js";
import type { Kit } from "../kit.js";
import type { Resource } from "../notification.js";
import { WsbindError } from "../error.js";
import { load } from "../load.js";
import { refuse, show } from "../options.js";
import { Channel, type Loss } from "./channel.js";
import type { AnyListener, ListenerOptions } from "./client.js";
import { ClientEvent, type StepsEventMap, type StepsState } from "./events.js";
import { asFailure } from "./failure.js";
import type { EventRange } from "./gaps.js";
import { settleSteps, type SubscriptionStepsOptions } from "./options.js";
import { Server, type CreatedSubscription } from "./server.js";

/** The typed way to listen; any other type is accepted and never dispatched. */
export interface SubscriptionSteps {
  /** Listens to one type of event; `event.detail` has what it is about. */
  addEventListener<K extends keyof StepsEventMap>(
    type: K, listener: (event: ClientEvent<StepsEventMap[K]>) => void, options?: boolean | ListenerOptions): void;
  /** Listens as an EventTarget does. */
  addEventListener(type: string, listener: AnyListener, options?: boolean | ListenerOptions): void;
  /** Listens no more. */
  removeEventListener<K extends keyof StepsEventMap>(type: K, listener: (event: ClientEvent<StepsEventMap[K]>) => void): void;
  /** Listens no more, as an EventTarget does. */
  removeEventListener(type: string, listener: AnyListener): void;
}

/**
 * The websocket channel, one step at a time, for debuggers and lessons. An
 * application is better off with a {@link SubscriptionClient}.
 *
 * ```js
 * const steps = new SubscriptionSteps({ base, fhir: "R4" })
 * steps.addEventListener("notification", ({ detail }) => show(detail.statuses))
 * await steps.create(websocketSubscription({ fhir: "R4", topic }))
 * await steps.getToken()
 * await steps.connect()
 * await steps.bind()
 * ```
 *
 * Each step is what a client does: the same requests, checks and limits. What a
 * client does by itself does not happen here: no token is renewed, no connection
 * made anew, no gap filled, no refusal tried again, no Retry-After waited for, and
 * nothing is held back, neither repeated events nor invalid notifications. An
 * {@link EventTracker} tells which events are new or missing.
 *
 * A step that fails rejects with a {@link WsbindError}. `getToken`, `connect`,
 * `bind` and `renew` are taken one at a time; out of order, or while another is
 * under way, they reject with `invalid-call`, and the message says which comes first.
 *
 * A token stays until there is another: `connect` and `bind` send one that has
 * expired, or was used, and show what the server says.
 */
export class SubscriptionSteps extends EventTarget {
  #settings: ReturnType<typeof settleSteps>;
  #ids: Set<string>;
  #controller = new AbortController();
  #channel: Channel | null = null;
  #grant: BindingResponse | null = null;
  #state: StepsState = "idle";
  /** The step that is under way. */
  #step: { readonly name: string } | null = null;

  /** Checks the options; nothing is sent. */
  constructor(options: SubscriptionStepsOptions) {
    super();
    this.#settings = settleSteps(options);
    this.#ids = new Set(this.#settings.subscriptions);
  }

  /** Where the steps are. */
  get state(): StepsState {
    return this.#state;
  }

  /** The latest token, and what came with it; null before there is one. */
  get grant(): BindingResponse | null {
    return this.#grant;
  }

  /** The ids that a token is asked for; none lets the server decide. */
  get subscriptions(): readonly string[] {
    return [...this.#ids];
  }

  /**
   * Creates a Subscription by POST and returns it as the server has it. The next
   * token is asked for it, too. A server that refuses it says why in the message.
   */
  async create(resource: Resource): Promise<CreatedSubscription> {
    if (resource?.resourceType !== "Subscription") refuse(`the resource is ${show(resource?.resourceType ?? resource)}, a Subscription is due`);
    const created = await plain(() => this.#server().create(resource));
    this.#ids.add(created.id);
    return created;
  }

  /** Calls `$get-ws-binding-token`. An answer that breaks the definition is refused; `issues` of the error says why. */
  getToken(): Promise<BindingResponse> {
    return this.#take("getToken", (signal) => this.#ask(signal));
  }

  /** Opens the websocket-url that came with the token. */
  connect(): Promise<void> {
    return this.#take("connect", async (signal) => {
      if (this.#channel) throw outOfOrder("connect was called, and the socket is open: bind, or close it first");
      if (!this.#grant) throw outOfOrder("connect was called without a token: getToken comes first");
      const { websocketUrl } = this.#grant;
      const channel = await this.#makeChannel(signal);
      await channel.open(websocketUrl);
      if (signal.aborted) { // and close did not know of it
        channel.close();
        throw aborted();
      }
      this.#channel = channel;
      this.#become("open");
    });
  }

  /**
   * Sends `bind-with-token` with a token, or with that of {@link SubscriptionSteps.grant}, as
   * it is. Resolves when each Subscription of the grant had its handshake; of another
   * token, and where the grant names none, at the first notification. Rejects
   * with what the server says, or with `timeout`.
   */
  bind(token?: string): Promise<void> {
    return this.#take("bind", async () => {
      if (token !== undefined && typeof token !== "string") refuse(`token is ${show(token)}, a string is due`);
      const channel = this.#opened("bind");
      const grant = this.#grant!;
      await channel.bind(token === undefined || token === grant.token ? grant : { token, subscriptions: [] });
    });
  }

  /**
   * Gets a token and binds it: on the socket at hand, or, where the websocket-url is
   * another one, on a new socket, before the old one is closed. If that fails, the
   * old one stays as it is.
   */
  renew(): Promise<BindingResponse> {
    return this.#take("renew", async (signal) => {
      this.#opened("renew");
      const grant = await this.#ask(signal);
      const channel = this.#channel;
      if (!channel) throw new WsbindError("connection-lost", "the socket ended while the token was asked for: connect comes next");
      await (channel.url === grant.websocketUrl ? channel.bind(grant) : channel.replace(grant.websocketUrl, grant));
      return grant;
    });
  }

  /** Calls `$events` for a range of a Subscription's events and judges the answer. It needs no socket. */
  async events(subscription: string, range: EventRange): Promise<NotificationVerdict> {
    const { from, to } = range ?? {};
    if (typeof from !== "bigint" || typeof to !== "bigint" || from < 0n || to < from) refuse("the range is not two bigints, from 0 on and in order");
    const { fhir } = this.#settings;
    return plain(async () => (await this.#kit()).readNotification(await this.#server().events(fhir, subscription, { from, to }), { fhir }));
  }

  /** Ends what is under way, and the socket. Everything may begin again. */
  close(): void {
    const channel = this.#channel;
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#step = null;
    this.#channel = null;
    channel?.close();
    this.#end({});
  }

  /** Takes a step. */
  #take<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return plain(async () => {
      if (this.#step) throw outOfOrder(`${name} was called while ${this.#step.name} is under way: wait for that, or close`);
      const step = this.#step = { name };
      try {
        return await work(this.#controller.signal);
      } finally {
        if (this.#step === step) this.#step = null;
      }
    });
  }

  async #ask(signal: AbortSignal): Promise<BindingResponse> {
    const { fhir, level } = this.#settings;
    const ids = this.subscriptions;
    if (level === "instance" && ids.length !== 1) throw outOfOrder(`the level is "instance", and there are ${ids.length} Subscriptions: one must be created or given first`);
    const kit = await this.#kit();
    const grant = await this.#server(signal).token(kit, fhir, ids, signal);
    if (signal.aborted) throw aborted();
    this.#grant = grant;
    if (!this.#channel) this.#become("granted");
    return grant;
  }

  /** A server that remembers nothing of earlier calls. */
  #server(signal: AbortSignal = this.#controller.signal): Server {
    const { base, fetch, headers, clock, timeout, maxAnswer: maxBytes, level, allowWs } = this.#settings;
    return new Server({ base, fetch, headers, clock, timeout, maxBytes, level, allowWs, signal });
  }

  async #kit(): Promise<Kit> {
    return this.#settings.kit ?? load();
  }

  async #makeChannel(signal: AbortSignal): Promise<Channel> {
    const { fhir, WebSocket, clock, timeout, bindTimeout, maxFrame } = this.#settings;
    const kit = await this.#kit();
    if (signal.aborted) throw aborted();
    const channel: Channel = new Channel({
      kit, fhir, WebSocket, clock, timeout, bindTimeout, maxFrame, signal,
      bound: () => this.#become("bound"),
      notification: (notification) => this.#tell("notification", notification),
      problem: (error, text) => this.#tell("problem", { error, subscription: null, text }),
      lost: (loss) => this.#lost(channel, loss),
    });
    return channel;
  }

  #opened(name: string): Channel {
    if (this.#channel) return this.#channel;
    throw outOfOrder(`${name} was called without an open socket: ${this.#grant ? "connect" : "getToken, then connect"} comes first`);
  }

  #lost(channel: Channel, loss: Loss): void {
    if (this.#channel !== channel) return;
    this.#channel = null;
    this.#end(loss);
  }

  #end(detail: StepsEventMap["close"]): void {
    if (this.#state === "closed") return;
    this.#become("closed");
    this.#tell("close", detail);
  }

  #become(state: StepsState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell("state", { state });
  }

  #tell<K extends keyof StepsEventMap>(type: K, detail: StepsEventMap[K]): void {
    this.dispatchEvent(new ClientEvent(type, detail));
  }
}

/** Does work, and throws nothing but what callers know. */
async function plain<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    throw asFailure(err).reason;
  }
}

function outOfOrder(message: string): WsbindError {
  return new WsbindError("invalid-call", message);
}

function aborted(): WsbindError {
  return new WsbindError("aborted", "the steps were closed");
}
