/**
 * The websocket of FHIR R4 and of HAPI: `bind ID` is answered by `bound ID`, each
 * event is `ping ID`. A connection binds one Subscription, and knows no token.
 */

import { Alarm } from "../../client/clock.js";
import { asFailure, Failure, final, refused } from "../../client/failure.js";
import { Socket, type SocketListener } from "../../client/socket.js";
import { refuse } from "../../options.js";
import type { Core, SubscriptionFacts } from "../core.js";
import { Bridge } from "./bridge.js";
import { bridgeConfig, type BridgeConfig } from "./config.js";
import { Changes, isFetchable } from "./fetch.js";
import type { FhirServer } from "./fhir.js";
import { readFrame } from "./frame.js";
import type { UpstreamParts } from "./parts.js";
import type { UpstreamOptions } from "./server.js";
import type { Dialect, Sink, Tap } from "./tap.js";
import { unknownSubscription, upstreamFailure } from "./trouble.js";
import type { Upstream } from "./upstream.js";

/** HAPI's answer to a bind that it does not like: a protocol error. */
const protocolError = 1002;

/** Stands for a FHIR server with the websocket of R4. */
export function legacyUpstream(options: UpstreamOptions, parts: UpstreamParts): Upstream {
  const config = bridgeConfig(options, parts);
  const { websocketUrl: url } = config;
  if (url === undefined) refuse("upstream: websocketUrl is undefined, and in the dialect legacy no answer tells it: give the server's, such as wss://example.org/websocket");
  return new Bridge(parts.core, config, (_, server) => new Legacy(config, server, url));
}

class Legacy implements Dialect {
  #config: BridgeConfig;
  #server: FhirServer;
  #url: string;

  constructor(config: BridgeConfig, server: FhirServer, url: string) {
    this.#config = config;
    this.#server = server;
    this.#url = url;
  }

  /** There is nothing but pings, unless what changed can be read. */
  obstacle({ id, content, criteria }: SubscriptionFacts): Failure | null {
    if (content === "empty" || (this.#config.fetchResources && isFetchable(criteria))) return null;
    const how = this.#config.fetchResources ? "its criteria are no search" : "the gate fetches no resources";
    return final("subscription-not-bindable", `Subscription ${id} asks for the content ${content}, and ${how}: ask for empty`);
  }

  tap(id: string, core: Core, sink: Sink): Tap {
    return new LegacyTap(id, core, sink, this.#config, this.#server, this.#url);
  }

  close(): void {}
}

/** The connection of one Subscription. */
class LegacyTap implements Tap, SocketListener {
  #id: string;
  #core: Core;
  #sink: Sink;
  #config: BridgeConfig;
  #server: FhirServer;
  #url: string;
  #socket: Socket | null = null;
  /** The bind that is not answered yet. */
  #pending: { readonly answered: () => void; readonly failed: (failure: Failure) => void } | null = null;
  /** What tells which resources changed; it outlives connections, so that nothing is missed between them. */
  #changes: Changes | null = null;

  constructor(id: string, core: Core, sink: Sink, config: BridgeConfig, server: FhirServer, url: string) {
    this.#id = id;
    this.#core = core;
    this.#sink = sink;
    this.#config = config;
    this.#server = server;
    this.#url = url;
  }

  async open({ content, criteria }: SubscriptionFacts, signal: AbortSignal): Promise<void> {
    const again = await this.#prepare(content === "empty" ? null : criteria, signal);
    try {
      this.#socket = await Socket.open(this.#url, this, { ...this.#config, signal });
    } catch (err) {
      throw upstreamFailure(asFailure(err));
    }
    await this.#bind();
    if (again) this.#changes?.look(); // for what changed while there was no connection
  }

  /** Notes what is there before the bind. Returns whether that was done for an earlier one. */
  async #prepare(criteria: string | null, signal: AbortSignal): Promise<boolean> {
    if (criteria === this.#changes?.criteria) return true;
    this.#changes?.stop();
    this.#changes = null;
    if (criteria === null) return false;
    const changes = new Changes(this.#id, criteria, this.#sink, this.#server, signal);
    await changes.begin();
    this.#changes = changes;
    return false;
  }

  async #bind(): Promise<void> {
    const { clock, timeout } = this.#config;
    const late = refused("upstream-refused", `the FHIR server did not answer bind ${this.#id} within ${timeout / 1000} s`);
    const alarm = new Alarm(clock, () => this.#pending?.failed(upstreamFailure(late)));
    alarm.set(timeout);
    try {
      await new Promise<void>((answered, failed) => {
        this.#pending = { answered, failed };
        this.#say(`bind ${this.#id}`);
      });
    } finally {
      alarm.stop();
      this.#pending = null;
    }
  }

  #say(frame: string): void {
    try {
      this.#socket!.send(frame);
    } catch (err) {
      throw upstreamFailure(asFailure(err));
    }
  }

  frame(socket: Socket, text: string | null): void {
    if (socket !== this.#socket) return;
    const { kind, subscriptions } = readFrame(this.#core, text, "legacy", this.#config) ?? {};
    if (subscriptions?.[0] !== this.#id) return;
    if (kind === "bound") this.#bound();
    if (kind !== "ping") return;
    if (this.#changes) this.#changes.look({ pinged: true });
    else void this.#sink.event();
  }

  /** The bind is over at once: the connection may end in the same breath. */
  #bound(): void {
    this.#pending?.answered();
    this.#pending = null;
  }

  ended(socket: Socket, failure: Failure, code?: number): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (!this.#pending) return this.#sink.lost(upstreamFailure(failure));
    this.#pending.failed(code === protocolError
      ? new Failure("final", unknownSubscription(this.#id, "is not bound by the FHIR server", failure.reason))
      : upstreamFailure(failure));
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#pending?.failed(final("aborted", "the connection is not needed any more"));
  }
}
