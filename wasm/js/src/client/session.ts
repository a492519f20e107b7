/**
 * One session: from the request for a token until something breaks. Renewals
 * happen within it, also those that lead to another websocket-url: the new
 * connection is bound before the old one is closed.
 */

import type { Release } from "../definition.js";
import type { BindingResponse, NotificationVerdict } from "../judging.js";
import type { Kit } from "../kit.js";
import { WsbindError } from "../error.js";
import { backoff, type Backoff } from "./backoff.js";
import { Bind, Line } from "./bind.js";
import { Alarm, type Clock } from "./clock.js";
import { bindFailure } from "./closing.js";
import { asFailure, Failure, maxRefusals, passing, refused, shorten } from "./failure.js";
import { readMasked, type ReadNotification, type ReadOutcome } from "./frame.js";
import type { Heartbeats } from "./heartbeat.js";
import type { Frame } from "./pipeline.js";
import { renewalDelay, renewalRetry } from "./renewal.js";
import { Socket, type SocketListener, type WebSocketConstructor } from "./socket.js";
import { idOf } from "./urls.js";
import { Vigil } from "./vigil.js";

/** What a session needs of its client. */
export interface SessionHost {
  readonly kit: Kit;
  readonly fhir: Release;
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: Backoff;
  readonly heartbeats: Heartbeats;
  readonly timeout: number;
  readonly bindTimeout: number;
  readonly renewAfter: number;
  readonly maxFrame: number;
  readonly signal: AbortSignal;
  /** Asks for a token for what is still alive. */
  token(signal: AbortSignal): Promise<BindingResponse>;
  /** The token was accepted; the Subscriptions may be those of the token or not. */
  bound(subscriptions: readonly string[]): void;
  /** Takes a frame, or has no room for it. */
  take(frame: Frame): boolean;
  /** Whether a notification may be handed over, as it was judged. */
  tolerates(verdict: NotificationVerdict, text: string): boolean;
  /** Notes a Subscription's status; returns a failure if nothing is left to listen to. */
  status(subscription: string, status: string): Failure | null;
  problem(error: WsbindError, subscription: string | null, text: string | null): void;
}

/** A bound session that lasts this long shows that the server works. */
const stableAfter = 10_000;

/** Bindings that a server ends one after the other before the session is given up. */
const maxComplaints = 5;

/** Runs once. */
export class Session implements SocketListener {
  #host: SessionHost;
  /** The connections that are open; two while one replaces the other. */
  #lines = new Map<Socket, Line>();
  /** The one that the latest token was bound on, and that token. */
  #current: Line | null = null;
  #grant: BindingResponse | null = null;
  /** When the first token was accepted. */
  #boundAt: number | null = null;
  /** Whether a token is being asked for or bound, and whether another one is due behind it. */
  #exchanging = false;
  #again = false;
  /** Whether a connection is being opened that may outlive the one at hand. */
  #opening = false;
  #failedRenewals = 0;
  /** Bindings that the server ended, and when it last did. */
  #complaints = 0;
  #complainedAt = 0;
  /** Ends with the session what was begun in it. */
  #controller = new AbortController();
  #renewal: Alarm;
  #vigil: Vigil;
  #end!: (failure: Failure) => void;
  #ended: Promise<Failure>;

  constructor(host: SessionHost) {
    this.#host = host;
    this.#renewal = new Alarm(host.clock, () => void this.#renew());
    this.#ended = new Promise((resolve) => { this.#end = resolve; });
    this.#vigil = new Vigil(host, (failure) => this.#end(failure));
  }

  /** Whether the session was bound for long enough to call the server a working one. */
  get good(): boolean {
    return this.#boundAt !== null && this.#host.clock.now() - this.#boundAt >= stableAfter;
  }

  get #over(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Listens, and returns why that ended. */
  async run(): Promise<Failure> {
    const abort = (): void => this.#end(asFailure(new WsbindError("aborted", "the client was closed")));
    this.#host.signal.addEventListener("abort", abort);
    if (this.#host.signal.aborted) abort();
    this.#vigil.begin();
    this.#exchange().catch((err: unknown) => this.#end(asFailure(err)));
    try {
      return await this.#ended;
    } finally {
      this.#host.signal.removeEventListener("abort", abort);
      this.#controller.abort();
      this.#renewal.stop();
      this.#vigil.stop();
      for (const line of this.#lines.values()) this.#drop(line);
    }
  }

  /** Has the heartbeats looked at that are due; called when another Subscription is watched. */
  listenForHeartbeats(): void {
    if (this.#boundAt !== null) this.#vigil.listen();
  }

  /** Gets a token and binds it. Only one exchange is under way; one more that is due follows it. */
  async #exchange(): Promise<void> {
    this.#exchanging = true;
    this.#renewal.stop();
    try {
      await this.#use(await this.#host.token(this.#controller.signal));
    } finally {
      this.#exchanging = false;
      if (this.#again && !this.#over) this.#renewal.set(0);
      this.#again = false;
    }
  }

  /** Binds a token: on the socket at hand if its URL is still the one and somebody is there, on a new one if not. */
  async #use(grant: BindingResponse): Promise<void> {
    if (this.#over) return;
    const received = this.#host.clock.now();
    const old = this.#current;
    const line = old?.socket.url === grant.websocketUrl && !old.mute ? old : await this.#open(grant.websocketUrl);
    try {
      await this.#bind(line, grant);
    } catch (err) {
      if (line !== old) this.#drop(line);
      throw err;
    }
    this.#current = line;
    if (old && old !== line) this.#drop(old);
    this.#accepted(grant, received);
  }

  async #open(url: string): Promise<Line> {
    this.#opening = true;
    try {
      const line = new Line(await Socket.open(url, this, { ...this.#host, signal: this.#controller.signal }));
      if (this.#over) this.#drop(line); // nobody waits for it; the bind on it will fail
      else this.#lines.set(line.socket, line);
      return line;
    } finally {
      this.#opening = false;
    }
  }

  /** Sends the token and waits for the handshakes. */
  async #bind(line: Line, grant: BindingResponse): Promise<void> {
    const { clock, bindTimeout } = this.#host;
    const bind = new Bind(grant.subscriptions, !line.bound);
    line.begin(bind);
    // A token that is short-lived is not waited for so long that it could not be renewed.
    const wait = Math.min(bindTimeout, (grant.expiration.getTime() - clock.now()) / 2);
    const alarm = new Alarm(clock, () => this.#bindOverdue(line, bind, wait));
    alarm.set(wait);
    try {
      line.socket.bind(grant.token);
      await bind.answered;
    } finally {
      alarm.stop();
      line.pending = null;
    }
  }

  #bindOverdue(line: Line, bind: Bind, wait: number): void {
    const seconds = Math.round(wait / 100) / 10;
    line.mute = !line.alive;
    if (!bind.heard) return bind.fail(passing("timeout", `the server did not answer the bind within ${seconds} s`));
    for (const id of bind.waiting) {
      this.#host.problem(new WsbindError("timeout", `no handshake of Subscription ${id} came within ${seconds} s`), id, null);
    }
    bind.succeed();
  }

  #accepted(grant: BindingResponse, received: number): void {
    if (this.#over) return;
    const { clock, renewAfter, random } = this.#host;
    const now = clock.now();
    // A bind that took its time does not make the token live longer.
    const due = received + renewalDelay(grant.expiration.getTime() - received, renewAfter, random());
    this.#grant = grant;
    if (this.#boundAt === null) this.#vigil.restart();
    this.#boundAt ??= now;
    this.#failedRenewals = 0;
    // Unless the binding has ended already, by a frame right behind the handshake.
    if (this.#renewal.due === null) this.#renewal.set(due - now);
    this.#host.bound(grant.subscriptions);
    this.#vigil.listen();
  }

  async #renew(): Promise<void> {
    if (this.#exchanging) {
      this.#again = true;
      return;
    }
    try {
      await this.#exchange();
    } catch (err) {
      this.#renewalFailed(asFailure(err));
    }
  }

  /** Asks again while the old token lasts. */
  #renewalFailed(failure: Failure): void {
    if (this.#over) return;
    const { clock, backoff } = this.#host;
    const left = this.#grant!.expiration.getTime() - clock.now();
    this.#failedRenewals++;
    const hopeless = failure.prospect === "refused" && this.#failedRenewals >= maxRefusals;
    if (failure.prospect === "final" || hopeless || left <= 0 || this.#lines.size === 0) return this.#end(failure);
    this.#host.problem(failure.reason, null, null);
    this.#renewal.set(renewalRetry(left, backoff, failure.after));
  }

  #drop(line: Line): void {
    this.#lines.delete(line.socket);
    line.end(passing("connection-lost", "the connection is not needed any more"));
  }

  /** A frame came. */
  frame(socket: Socket, text: string | null): void {
    const line = this.#lines.get(socket);
    if (!line || this.#over || this.#vigil.slept()) return;
    const { kit, fhir, maxFrame } = this.#host;
    line.alive = true;
    const read = readMasked(kit, fhir, maxFrame, text, (said) => socket.mask(said));
    if (!read) return;
    const { frame } = read;
    if (frame.kind === "notification") return this.#notification(line, frame, text!);
    this.#host.problem(frame.error, null, read.text);
    if (frame.kind === "outcome") this.#complaint(line, frame);
  }

  #notification(line: Line, { verdict, statuses: all }: ReadNotification, text: string): void {
    const statuses = all.filter(({ subscription, type }) => this.#hear(line, idOf(subscription), type, text));
    if (statuses.length === 0 || !this.#host.tolerates(verdict, text)) return;
    const begins = statuses.map(({ subscription }) => line.begins(idOf(subscription)));
    if (!this.#host.take({ verdict, statuses, text, alone: this.#lines.size === 1 && begins.every(Boolean) })) {
      return this.#end(new Failure("passing", new WsbindError("slow-reader", "more notifications wait than the queue holds: " +
        "the connection is closed until they are taken, and what is missed then comes from $events"), { expected: true }));
    }
    for (const { subscription, status } of statuses) {
      const failure = this.#host.status(idOf(subscription), status);
      if (failure) this.#end(failure);
    }
  }

  /** Whether a notification of the Subscription is to be expected on this connection. */
  #hear(line: Line, id: string, type: string, text: string): boolean {
    if (!line.covers(id)) {
      this.#host.problem(new WsbindError("unknown-subscription",
        `a notification of Subscription ${JSON.stringify(shorten(id, 64))} came, which the token does not cover`), null, text);
      return false;
    }
    this.#host.heartbeats.heard(id, type, this.#host.clock.now());
    line.pending?.hear(id, type);
    return true;
  }

  /** An OperationOutcome came: where a binding ends and others keep the socket, it is the only sign. */
  #complaint(line: Line, { meaning, spelling, said, error }: ReadOutcome): void {
    if (meaning === "other") return;
    if (line.pending && !line.pending.heard) return line.pending.fail(bindFailure(spelling, said));
    if (meaning === "refused") return; // a bind, and none of ours is on its way
    this.#bindingEnded(refused(error.code, `the server ended one binding after the other: ${said}`));
  }

  /** Asks for a new token at once, and ever later if that does not last. */
  #bindingEnded(failure: Failure): void {
    const { clock, backoff: bounds, random } = this.#host;
    const now = clock.now();
    if (now - this.#complainedAt >= bounds.longest) this.#complaints = 0;
    this.#complainedAt = now;
    if (++this.#complaints > maxComplaints) return this.#end(failure);
    this.#renewal.set(this.#complaints === 1 ? 0 : backoff(bounds, this.#complaints - 2, random()));
  }

  /** A connection ended that was open. */
  ended(socket: Socket, failure: Failure): void {
    const line = this.#lines.get(socket);
    this.#lines.delete(socket);
    line?.pending?.fail(failure);
    if (this.#lines.size === 0 && !this.#opening) this.#end(failure);
  }
}
