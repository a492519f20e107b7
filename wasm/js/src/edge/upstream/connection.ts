/** A connection to a FHIR server, and the bind that is under way on it. */

import { Alarm } from "../../client/clock.js";
import type { Failure } from "../../client/failure.js";
import { Socket, type Opening } from "../../client/socket.js";
import type { Release } from "../../definition.js";
import { WsbindError } from "../../error.js";
import type { Core, UpstreamFrame } from "../core.js";
import type { Observer } from "../observe.js";
import { Handshakes, type Telling } from "./handshakes.js";
import type { Bound } from "./upstream.js";

/** What a connection tells its channel. */
export interface ConnectionListener {
  /** A notification, as far as anybody has looked: `id` is whose it is, where that was read. */
  notification(frame: string, id: string | undefined): void;
  /** An OperationOutcome that answers no bind, without the gate's tokens. */
  outcome(connection: Connection, frame: string, read: UpstreamFrame): void;
  /** The connection ended, and not by `close`; with the code of the goodbye, where there was one. */
  ended(connection: Connection, failure: Failure, code?: number): void;
}

/** What a connection needs. */
export interface ConnectionConfig extends Opening {
  readonly core: Core;
  readonly fhir: Release;
  readonly observe: Observer;
  /** How long a frame may be. */
  readonly maxBytes: number;
}

/** A websocket to a FHIR server that speaks the guide's protocol. */
export class Connection {
  #config: ConnectionConfig;
  #listener: ConnectionListener;
  #socket!: Socket;
  #bind: Handshakes | null = null;
  #over = false;
  #abort = (): void => this.close();

  private constructor(config: ConnectionConfig, listener: ConnectionListener) {
    this.#config = config;
    this.#listener = listener;
  }

  /** Connects; throws a Failure. The signal closes it, also later. */
  static async open(url: string, config: ConnectionConfig, listener: ConnectionListener): Promise<Connection> {
    const connection = new Connection(config, listener);
    connection.#socket = await Socket.open(url, {
      frame: (_, text) => connection.#frame(text),
      ended: (_, failure, code) => connection.#ended(failure, code),
    }, config);
    config.signal.addEventListener("abort", connection.#abort);
    if (config.signal.aborted) connection.close(); // while it was waited for
    return connection;
  }

  get url(): string {
    return this.#socket.url;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Binds, one at a time, and resolves when the handshakes are there, or those that come in time. */
  async bind(token: string, ids: readonly string[], telling: Telling): Promise<Bound> {
    const { clock, timeout, maxBytes } = this.#config;
    const bind = (this.#bind = new Handshakes(ids, telling, maxBytes));
    const alarm = new Alarm(clock, () => bind.giveUp(new WsbindError("upstream-unavailable", `the FHIR server did not answer a bind within ${timeout / 1000} s`)));
    alarm.set(timeout);
    try {
      this.#socket.bind(token);
      return await bind.done;
    } finally {
      alarm.stop();
      if (this.#bind === bind) this.#bind = null;
    }
  }

  close(): void {
    this.#retire();
    this.#socket.close();
    this.#bind?.giveUp(new WsbindError("upstream-unavailable", "the connection to the FHIR server was closed"));
  }

  /** While no bind is under way, nothing is read but what looks like an OperationOutcome. */
  #frame(text: string | null): void {
    const { core, fhir, maxBytes } = this.#config;
    if (text === null) return this.#odd("binary-frame", "the FHIR server sent a binary frame");
    if (text.length > maxBytes) return this.#odd("frame-too-large", `the FHIR server sent a frame of ${text.length} characters, at most ${maxBytes} are passed on`);
    if (this.#bind === null && !text.includes('"OperationOutcome"')) return this.#listener.notification(text, undefined);
    let read: UpstreamFrame;
    try {
      read = core.readFrame(text, "spec", fhir);
    } catch {
      return this.#odd("internal", "a frame of the FHIR server could not be read");
    }
    read = { ...read, text: this.#socket.mask(read.text) };
    if (this.#bind?.hear(read, text)) return;
    if (read.kind === "outcome") this.#listener.outcome(this, this.#socket.mask(text), read);
    else this.#listener.notification(text, read.subscriptions.length === 1 ? read.subscriptions[0] : undefined);
  }

  #odd(code: "binary-frame" | "frame-too-large" | "internal", detail: string): void {
    this.#config.observe({ event: "notification-refused", code, detail });
  }

  #retire(): void {
    this.#over = true;
    this.#config.signal.removeEventListener("abort", this.#abort);
  }

  #ended(failure: Failure, code?: number): void {
    this.#retire();
    this.#listener.ended(this, failure, code);
    this.#bind?.giveUp(new WsbindError("upstream-unavailable", `the FHIR server closed the connection: ${failure.message}`, { cause: failure.reason }));
  }
}
