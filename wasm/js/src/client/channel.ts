/**
 * One connection under somebody else's control: it is opened, bound, and replaced by
 * another when told to, and never by itself.
 */

import type { Release } from "../definition.js";
import type { BindingResponse } from "../judging.js";
import type { Kit } from "../kit.js";
import { WsbindError } from "../error.js";
import { Bind, Line } from "./bind.js";
import { Alarm, type Clock } from "./clock.js";
import { bindFailure } from "./closing.js";
import type { StepsNotification } from "./events.js";
import { final, passing, shorten, type Failure } from "./failure.js";
import { readMasked, type ReadNotification, type ReadOutcome } from "./frame.js";
import { Socket, type SocketListener, type WebSocketConstructor } from "./socket.js";
import { idOf } from "./urls.js";

/** What a channel needs, and whom it tells. */
export interface ChannelHost {
  readonly kit: Kit;
  readonly fhir: Release;
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly timeout: number;
  readonly bindTimeout: number;
  readonly maxFrame: number;
  /** Ends what is under way; `close` ends the connection. */
  readonly signal: AbortSignal;
  /** The server showed that it accepts a token. */
  bound(): void;
  notification(notification: StepsNotification): void;
  problem(error: WsbindError, text: string | null): void;
  /** The server, or the network, ended the connection. */
  lost(loss: Loss): void;
}

/** How a connection ended. */
export interface Loss {
  readonly reason: WsbindError;
  readonly code: number | undefined;
}

/** What is bound. */
export type Binding = Pick<BindingResponse, "token" | "subscriptions">;

/** Runs once, from `open` on. */
export class Channel implements SocketListener {
  #host: ChannelHost;
  /** Two while one replaces the other. */
  #lines = new Map<Socket, Line>();
  #current: Line | null = null;
  /** Whether another connection is on its way, and how the one at hand ended meanwhile. */
  #replacing = false;
  #loss: Loss | null = null;
  /** Sockets that ended before they were taken. */
  #stillborn = new WeakMap<Socket, Failure>();

  constructor(host: ChannelHost) {
    this.#host = host;
  }

  /** Where the connection leads. */
  get url(): string | undefined {
    return this.#current?.socket.url;
  }

  async open(url: string): Promise<void> {
    this.#current = this.#take(await Socket.open(url, this, this.#host));
  }

  /** Sends a token, and resolves when each of its Subscriptions has answered. */
  async bind(binding: Binding): Promise<void> {
    if (!this.#current) throw passing("connection-lost", "the socket is closed");
    await this.#bind(this.#current, binding);
  }

  /** Binds a token on a new connection before it closes the old one, which stays if that fails. */
  async replace(url: string, binding: Binding): Promise<void> {
    this.#replacing = true;
    let line: Line | undefined;
    try {
      line = this.#take(await Socket.open(url, this, this.#host));
      await this.#bind(line, binding);
      if (this.#current) this.#drop(this.#current);
      this.#current = line;
    } catch (err) {
      if (line) this.#drop(line);
      if (this.#loss && !this.#host.signal.aborted) this.#host.lost(this.#loss);
      throw err;
    } finally {
      this.#replacing = false;
      this.#loss = null;
    }
  }

  close(): void {
    for (const line of this.#lines.values()) this.#drop(line);
    this.#current = null;
  }

  #take(socket: Socket): Line {
    const early = this.#stillborn.get(socket);
    if (early) throw early;
    if (this.#host.signal.aborted) {
      socket.close();
      throw closed();
    }
    const line = new Line(socket);
    this.#lines.set(socket, line);
    return line;
  }

  #drop(line: Line): void {
    this.#lines.delete(line.socket);
    line.end(closed());
  }

  async #bind(line: Line, { token, subscriptions }: Binding): Promise<void> {
    const { clock, bindTimeout } = this.#host;
    const bind = new Bind(subscriptions, !line.bound);
    line.begin(bind);
    const alarm = new Alarm(clock, () => bind.fail(overdue(bind, bindTimeout)));
    alarm.set(bindTimeout);
    try {
      line.socket.bind(token);
      await bind.answered;
    } finally {
      alarm.stop();
      line.pending = null;
    }
  }

  /** A frame came. */
  frame(socket: Socket, text: string | null): void {
    const line = this.#lines.get(socket);
    if (!line) return;
    const { kit, fhir, maxFrame } = this.#host;
    const read = readMasked(kit, fhir, maxFrame, text, (said) => socket.mask(said));
    if (!read) return;
    const { frame } = read;
    if (frame.kind === "notification") return this.#notification(line, frame, text!);
    this.#host.problem(frame.error, read.text);
    if (frame.kind === "outcome") this.#complaint(line, frame);
  }

  /** Tells of all that a notification says, also of what no token covers. */
  #notification(line: Line, { verdict, statuses }: ReadNotification, text: string): void {
    const heard = statuses.map(({ subscription, type }) => this.#hear(line, idOf(subscription), type, text));
    const bind = line.pending;
    if (bind?.heard) {
      this.#host.bound();
      if (bind.subscriptions.length === 0) bind.succeed();
    }
    this.#host.notification({ verdict, statuses, text, alone: this.#lines.size === 1 && heard.every((first) => first) });
  }

  /** Notes that something was heard of a Subscription. Returns whether that is the first since the bind. */
  #hear(line: Line, id: string, type: string, text: string): boolean {
    if (line.covers(id)) {
      line.pending?.hear(id, type);
    } else {
      this.#host.problem(new WsbindError("unknown-subscription",
        `a notification of Subscription ${JSON.stringify(shorten(id, 64))} came, which no token covers`), text);
    }
    return line.begins(id);
  }

  #complaint({ pending }: Line, { meaning, spelling, said }: ReadOutcome): void {
    if (meaning !== "other" && pending && !pending.heard) pending.fail(bindFailure(spelling, said));
  }

  /** A connection ended that was open. */
  ended(socket: Socket, failure: Failure, code?: number): void {
    const line = this.#lines.get(socket);
    if (!line) return void this.#stillborn.set(socket, failure);
    this.#lines.delete(socket);
    line.pending?.fail(failure);
    if (line !== this.#current) return; // the bind that failed tells
    this.#current = null;
    const loss = { reason: failure.reason, code };
    if (!this.#replacing) return this.#host.lost(loss);
    this.#loss = loss;
    this.#host.problem(loss.reason, null);
  }
}

function closed(): Failure {
  return final("aborted", "the channel was closed");
}

function overdue({ heard, waiting }: Bind, bindTimeout: number): Failure {
  const within = `within ${bindTimeout / 1000} s`;
  if (!heard) return passing("timeout", `the server did not answer the bind ${within}`);
  return passing("timeout", `no handshake came ${within} of Subscription ${shorten([...waiting].join(", "))}`);
}
