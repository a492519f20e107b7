/** A FHIR server that speaks the guide's protocol, and gives the gate tokens of its own. */

import { backoff } from "../../client/backoff.js";
import { Alarm, sleep } from "../../client/clock.js";
import { frameMeaning } from "../../client/closing.js";
import type { Failure } from "../../client/failure.js";
import { renewalDelay, renewalRetry } from "../../client/renewal.js";
import { Turns } from "../../client/turns.js";
import { WsbindError } from "../../error.js";
import type { UpstreamFrame } from "../core.js";
import { unboundFrame } from "../frames.js";
import { refusalOf, upstreamError } from "./failures.js";
import type { Telling } from "./handshakes.js";
import { Connection, type ConnectionListener } from "./connection.js";
import { readUpstreamOptions, type UpstreamConfig } from "./options.js";
import type { UpstreamParts } from "./parts.js";
import { askToken, type UpstreamToken } from "./rest.js";
import type { UpstreamOptions } from "./server.js";
import type { Bound, Channel, ChannelListener, Grant, Omitted, Upstream } from "./upstream.js";

/** The pauses between attempts to have a lost server back, in milliseconds. */
const pauses = { first: 500, longest: 15_000 };

/** The pauses between attempts to renew. */
const renewals = { first: 1_000, longest: 60_000 };

/** The share of a token's life after which the gate asks for the next at the latest. */
const renewAfter = 0.8;

type Parts = Omit<UpstreamParts, "store">;

/** specUpstream makes what stands for a server of the guide's protocol. */
export function specUpstream(options: UpstreamOptions, parts: Parts): Upstream {
  const config = readUpstreamOptions(options, parts);
  const channels = new Set<SpecChannel>();
  return {
    open: (listener) => {
      const channel: SpecChannel = new SpecChannel(config, parts, listener, () => channels.delete(channel));
      channels.add(channel);
      return channel;
    },
    close: () => channels.forEach((channel) => channel.close()),
  };
}

/** One client's part of the server: a websocket, and the token that the gate binds with there. */
class SpecChannel implements Channel, ConnectionListener {
  #config: UpstreamConfig;
  #parts: Parts;
  #listener: ChannelListener;
  #gone: () => void;
  /** Requests for tokens and binds, one at a time. */
  #turns = new Turns();
  #controller = new AbortController();
  #connection: Connection | null = null;
  /** What is bound, or was before the server was lost. */
  #ids = new Set<string>();
  /** When the first of the gate's tokens that matter expires, in milliseconds since 1970. */
  #expires = Infinity;
  #renewal: Alarm;
  #recovering = false;
  /** What was bound when the server was lost, and is not bound again. */
  #away = new Set<string>();
  #random: () => number;

  constructor(config: UpstreamConfig, parts: Parts, listener: ChannelListener, gone: () => void) {
    this.#config = config;
    this.#parts = parts;
    this.#listener = listener;
    this.#gone = gone;
    this.#random = parts.random ?? Math.random;
    this.#renewal = new Alarm(config.clock, () => void this.#turns.take(() => this.#renew()));
  }

  bind({ ids }: Grant): Promise<Bound> {
    return this.#turns.take(() => this.#attach(ids, true));
  }

  /** The server cannot be told: it has the token. What is not renewed ends there by itself. */
  unbind(ids: readonly string[]): void {
    for (const id of ids) {
      this.#ids.delete(id);
      this.#away.delete(id);
    }
  }

  close(): void {
    this.#controller.abort(); // which closes every connection
    this.#renewal.stop();
    this.#gone();
  }

  notification(frame: string, id: string | undefined): void {
    if (!this.#over) this.#listener.notification(frame, id);
  }

  /** A token of the gate's own that ends is no concern of the client's: a new one is asked for. */
  outcome(connection: Connection, frame: string, { code }: UpstreamFrame): void {
    if (this.#over) return;
    if (frameMeaning(code) !== "unbound") return this.#listener.outcome(frame);
    if (connection !== this.#connection) return;
    connection.close();
    this.#lost(new WsbindError("upstream-unavailable", `the FHIR server ended the gate's binding: ${code}`));
  }

  ended(connection: Connection, failure: Failure): void {
    if (connection === this.#connection) this.#lost(new WsbindError("upstream-unavailable", failure.message, { cause: failure.reason }));
  }

  get #over(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Gets a token for Subscriptions, and binds with it. The client is told of the handshakes, unless all that is the gate's own affair. */
  async #attach(ids: readonly string[], isTold: boolean): Promise<Bound> {
    const granted = await this.#ask(ids);
    const connection = await this.#connectionTo(granted.url);
    try {
      const told = new Set(isTold ? ids : []);
      const bound = await connection.bind(granted.token, granted.ids, this.#telling(told));
      this.#adopt(connection, granted, bound.ids);
      const omitted = [...granted.omitted, ...bound.omitted];
      this.#drop(omitted.filter(({ id }) => !ids.includes(id)));
      return { ids: bound.ids.filter((id) => ids.includes(id)), omitted: inOrder(ids, omitted) };
    } catch (err) {
      if (connection !== this.#connection) connection.close();
      throw upstreamError(err);
    }
  }

  /** A token for Subscriptions. Where it leads to another place, it is one for all that is bound: they move together. */
  async #ask(ids: readonly string[]): Promise<UpstreamToken> {
    const granted = await this.#request(ids);
    if (this.#connection === null || granted.url === this.#connection.url) return granted;
    const others = [...this.#ids].filter((id) => !ids.includes(id));
    return others.length === 0 ? granted : this.#request([...others, ...ids]);
  }

  async #request(ids: readonly string[]): Promise<UpstreamToken> {
    const { maxBytes, kit, observe } = this.#parts;
    try {
      return await askToken({ config: this.#config, kit: await kit(), maxBytes, signal: this.#controller.signal }, ids);
    } catch (err) {
      const { code, message } = err as WsbindError;
      if (code === "upstream-refused") observe({ event: "upstream-refused", code, detail: message, subscriptions: ids });
      throw err;
    }
  }

  /** The connection to a URL: the one there is, or a new one. */
  async #connectionTo(url: string): Promise<Connection> {
    if (this.#connection?.url === url && !this.#connection.over) return this.#connection;
    const { core, observe, maxBytes } = this.#parts;
    const { signal } = this.#controller;
    try {
      const connection = await Connection.open(url, { ...this.#config, core: await core(), observe, maxBytes, signal }, this);
      observe({ event: "upstream-opened" });
      return connection;
    } catch (err) {
      throw upstreamError(err);
    }
  }

  #telling(told: ReadonlySet<string>): Telling {
    return {
      tell: (frame, id) => this.notification(frame, id),
      isTold: (id) => told.has(id),
      isNew: (id) => !this.#ids.has(id),
      refusal: ({ code, text }) => refusalOf(code, text),
    };
  }

  /** Makes a connection on which something was bound the one that counts. */
  #adopt(connection: Connection, { expires }: UpstreamToken, ids: readonly string[]): void {
    if (this.#over) return connection.close();
    const hasAll = [...this.#ids].every((id) => ids.includes(id));
    for (const id of ids) {
      this.#ids.add(id);
      this.#away.delete(id);
    }
    if (connection !== this.#connection) this.#connection?.close();
    this.#connection = connection;
    this.#expires = hasAll ? expires : Math.min(expires, this.#expires);
    if (connection.over) this.#lost(new WsbindError("upstream-unavailable", "the connection broke off during a bind"));
    else this.#schedule();
  }

  #schedule(): void {
    const { clock } = this.#config;
    this.#renewal.set(renewalDelay(this.#expires - clock.now(), renewAfter, this.#random()));
  }

  async #renew(): Promise<void> {
    if (this.#over || this.#recovering || this.#ids.size === 0) return;
    try {
      await this.#again([...this.#ids], false);
    } catch (err) {
      if (this.#over || this.#recovering) return;
      const { clock, patience } = this.#config;
      const left = this.#expires - clock.now();
      // When no time is left the server ends the binding, as a rule, and it is tried to have that back.
      if ((err as WsbindError).code === "unknown-subscription" || left < -patience) return this.#listener.failed(err as WsbindError);
      this.#renewal.set(renewalRetry(left, renewals, 0));
    }
  }

  /** Lets go of what the server does not bind any more. */
  #drop(omitted: readonly Omitted[]): void {
    const ids = omitted.filter(({ id, error }) => error.code === "unknown-subscription" && this.#ids.has(id)).map(({ id }) => id);
    this.unbind(ids);
    if (ids.length > 0 && !this.#over) this.#listener.outcome(unboundFrame("unknown-subscription", ids));
  }

  #lost(error: WsbindError): void {
    this.#connection = null;
    this.#expires = Infinity;
    this.#renewal.stop();
    for (const id of this.#ids) this.#away.add(id);
    if (this.#over || this.#recovering || this.#away.size === 0) return;
    this.#recovering = true;
    this.#listener.lost(error);
    void this.#recover(error);
  }

  /** Tries to have the server back until patience ends. */
  async #recover(lost: WsbindError): Promise<void> {
    const { clock, patience } = this.#config;
    const until = clock.now() + patience;
    let error: WsbindError | null = lost;
    for (let attempts = 0; error !== null; attempts++) {
      const left = until - clock.now();
      if (left <= 0 || error.code === "unknown-subscription") return this.#listener.failed(error);
      await sleep(clock, Math.min(backoff(pauses, attempts, this.#random()), left), this.#controller.signal);
      if (this.#over) return;
      error = await this.#turns.take(() => this.#rebind()).then(() => null, (err: WsbindError) => err);
    }
    this.#recovering = false;
    if (this.#connection === null) this.#lost(lost); // again, before anybody looked
  }

  async #rebind(): Promise<void> {
    if (!this.#over && this.#away.size > 0) await this.#again([...this.#ids].filter((id) => this.#away.has(id)), true);
  }

  /** Binds what was bound before. What the server does not know any more is let go; it fails where another handshake did not come. */
  async #again(ids: readonly string[], isTold: boolean): Promise<void> {
    const { omitted } = await this.#attach(ids, isTold);
    this.#drop(omitted);
    const late = omitted.find(({ id }) => this.#ids.has(id));
    if (late !== undefined) throw late.error;
  }
}

function inOrder(ids: readonly string[], omitted: readonly Omitted[]): Omitted[] {
  return omitted.filter(({ id }) => ids.includes(id)).sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}
