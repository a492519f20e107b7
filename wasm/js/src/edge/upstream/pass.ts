/** A FHIR server that speaks the guide's protocol, and whose own tokens clients bind with: the gate verifies them. */

import { bindFailure } from "../../client/closing.js";
import type { Failure } from "../../client/failure.js";
import { Turns } from "../../client/turns.js";
import { WsbindError } from "../../error.js";
import { refuse } from "../../options.js";
import { upstreamError } from "./failures.js";
import { Connection, type ConnectionListener } from "./connection.js";
import { readUpstreamOptions, type UpstreamConfig } from "./options.js";
import type { UpstreamParts } from "./parts.js";
import type { UpstreamOptions } from "./server.js";
import type { Bound, Channel, ChannelListener, Grant, Upstream } from "./upstream.js";

type Parts = Omit<UpstreamParts, "store">;

/** passUpstream makes what stands for a server that is sent the clients' bind frames. */
export function passUpstream(options: UpstreamOptions, parts: Parts): Upstream {
  const config = readUpstreamOptions(options, parts);
  const { websocketUrl } = config;
  if (websocketUrl === undefined) refuse("upstream.websocketUrl is missing: where clients' bind frames are to go");
  const channels = new Set<PassChannel>();
  return {
    open: (listener) => {
      const channel: PassChannel = new PassChannel({ ...config, websocketUrl }, parts, listener, () => channels.delete(channel));
      channels.add(channel);
      return channel;
    },
    close: () => channels.forEach((channel) => channel.close()),
  };
}

/** One client's websocket to the server. With its end the client's ends as well: the gate has no token to bind anew with. */
class PassChannel implements Channel, ConnectionListener {
  #config: UpstreamConfig & { readonly websocketUrl: string };
  #parts: Parts;
  #listener: ChannelListener;
  #gone: () => void;
  #turns = new Turns();
  #controller = new AbortController();
  #connection: Connection | null = null;
  #ids = new Set<string>();

  constructor(config: UpstreamConfig & { readonly websocketUrl: string }, parts: Parts, listener: ChannelListener, gone: () => void) {
    this.#config = config;
    this.#parts = parts;
    this.#listener = listener;
    this.#gone = gone;
  }

  bind(grant: Grant): Promise<Bound> {
    return this.#turns.take(() => this.#bind(grant));
  }

  /** The server has the token, and goes by it; the socket drops what it should not send any more. */
  unbind(ids: readonly string[]): void {
    for (const id of ids) this.#ids.delete(id);
  }

  close(): void {
    this.#controller.abort(); // which closes the connection
    this.#gone();
  }

  notification(frame: string, id: string | undefined): void {
    if (!this.#over) this.#listener.notification(frame, id);
  }

  outcome(_line: Connection, frame: string): void {
    if (!this.#over) this.#listener.outcome(frame);
  }

  ended(_line: Connection, { reason }: Failure): void {
    if (this.#over) return;
    const code = reason.code === "connection-lost" ? "upstream-unavailable" : reason.code;
    this.#listener.failed(new WsbindError(code, reason.message, { cause: reason }));
  }

  get #over(): boolean {
    return this.#controller.signal.aborted;
  }

  async #bind({ token, ids }: Grant): Promise<Bound> {
    this.#connection ??= await this.#open();
    const bound = await this.#connection.bind(token, ids, {
      tell: (frame, id) => this.notification(frame, id),
      isTold: () => true,
      isNew: (id) => !this.#ids.has(id),
      refusal: ({ code, text }) => bindFailure(code, text).reason,
    });
    for (const id of bound.ids) this.#ids.add(id);
    return bound;
  }

  async #open(): Promise<Connection> {
    const { core, observe, maxBytes } = this.#parts;
    try {
      const connection = await Connection.open(this.#config.websocketUrl, { ...this.#config, core: await core(), observe, maxBytes, signal: this.#controller.signal }, this);
      observe({ event: "upstream-opened" });
      return connection;
    } catch (err) {
      throw upstreamError(err);
    }
  }
}
