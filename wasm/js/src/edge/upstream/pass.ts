/** A FHIR server that speaks the guide's protocol, and whose own tokens clients bind with: the gate verifies them. */

import { bindFailure, frameMeaning } from "../../client/closing.js";
import type { Failure } from "../../client/failure.js";
import { Turns } from "../../client/turns.js";
import { WsbindError } from "../../error.js";
import { refuse } from "../../options.js";
import type { UpstreamFrame } from "../core.js";
import { unboundFrame } from "../frames.js";
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
  /** Whether a bind is under way: it decides whether the socket stays. */
  #binding = false;
  /** What was bound: the server may say late that it is over. */
  #lapsed = new Set<string>();

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
    for (const id of ids) if (this.#ids.delete(id)) this.#lapsed.add(id);
  }

  close(): void {
    this.#controller.abort(); // which closes the connection
    this.#gone();
  }

  notification(frame: string, id: string | undefined): void {
    if (!this.#over) this.#listener.notification(frame, id);
  }

  /** Of a token that ends the client hears from the gate, once: it goes by its own clock, and does not know of the server's revocations. */
  outcome(_line: Connection, frame: string, { code }: UpstreamFrame): void {
    if (this.#over) return;
    if (frameMeaning(code) !== "unbound") return this.#listener.outcome(frame);
    if (code === "revoked-token") this.#revoked(named(frame, this.#ids));
  }

  /** Without a name it is all that is bound, unless something ended before that this may be about. */
  #revoked(ids: readonly string[]): void {
    if (ids.length === 0 && this.#lapsed.size > 0) return;
    const ended = ids.length === 0 ? [...this.#ids] : ids;
    this.unbind(ended);
    if (this.#ids.size > 0 || this.#binding) this.#listener.outcome(unboundFrame("revoked-token", ended));
    else this.#listener.failed(new WsbindError("revoked-token", "the FHIR server has revoked the token: ask for a new one"));
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
    this.#binding = true;
    const bound = await this.#connection.bind(token, ids, {
      tell: (frame, id) => this.notification(frame, id),
      isTold: () => true,
      isNew: (id) => !this.#ids.has(id),
      refusal: ({ code, text }) => {
        const isOld = frameMeaning(code) === "unbound" && named(text, [...this.#ids, ...this.#lapsed]).length > 0 && named(text, ids).length === 0;
        return isOld ? undefined : bindFailure(code, text).reason;
      },
    }).finally(() => { this.#binding = false; });
    for (const id of bound.ids) {
      this.#ids.add(id);
      this.#lapsed.delete(id);
    }
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

/** Those of the ids that an outcome is about, as this project's servers say it: in words, and as FHIRPath. */
function named(text: string, ids: Iterable<string>): string[] {
  return [...ids].filter((id) => text.includes(`'${id}'`) || text.includes(`Subscription/${id} `));
}
