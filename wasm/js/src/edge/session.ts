/** One client's websocket, from its opening handshake to its end. */

import type { Code } from "../codes.js";
import { Alarm, type Clock } from "../client/clock.js";
import { Turns } from "../client/turns.js";
import type { Release } from "../definition.js";
import { WsbindError } from "../error.js";
import type { Admission, Shown } from "./admission.js";
import { Bindings, type IsOver } from "./bindings.js";
import type { Judge } from "./check.js";
import type { Core } from "./core.js";
import { asError, goodbyeOf, omittedFrame, outcomeFrame, unboundFrame } from "./frames.js";
import type { Limits } from "./limits.js";
import type { Observer } from "./observe.js";
import { Pace } from "./pace.js";
import type { ClientPort, ClientSession } from "./port.js";
import type { Revocations } from "./revocations.js";
import type { Watch } from "./watch.js";
import type { Channel, ChannelListener, Upstream } from "./upstream/upstream.js";

/** How long a client has for its own goodbye until it is cut off, in milliseconds. */
const longestGoodbye = 3_000;

/** What sessions have in common. */
export interface SessionConfig {
  readonly admission: Admission;
  readonly revocations: Revocations;
  readonly upstream: Upstream;
  readonly limits: Limits;
  readonly clock: Clock;
  /** The timers of all that are not alone. */
  readonly timers: Clock;
  readonly observe: Observer;
  readonly fhir: Release;
  /** The module; it is there once a bind frame was read. */
  readonly core: () => Core | undefined;
  /** Judges notifications, where they are. */
  readonly judge: () => Judge | undefined;
}

/** What is a session's own. */
interface Own {
  readonly port: ClientPort;
  readonly number: number;
  /** What keeps up with other gates, where there are any. */
  readonly watch: Watch | undefined;
  readonly gone: () => void;
}

/** A client's websocket. */
export class Session implements ClientSession {
  #config: SessionConfig;
  #port: ClientPort;
  #number: number;
  #watch: Watch | undefined;
  #gone: () => void;
  #bindings: Bindings;
  #pace: Pace;
  #channel: Channel | undefined;
  #turns = new Turns();
  /** Frames that are being handled or wait for that. */
  #frames = 0;
  /** Whether the FHIR server may send what is not bound, or no more: each frame is read from then on. */
  #reads = false;
  #over = false;
  #idle: Alarm;
  #expiry: Alarm;
  #cut: Alarm;

  /** `gone` is called once, when the connection is over. */
  constructor(config: SessionConfig, { port, number, watch, gone }: Own) {
    const { limits, clock, revocations } = config;
    const timers = port.alone ? clock : config.timers;
    this.#config = config;
    this.#port = port;
    this.#number = number;
    this.#watch = watch;
    this.#gone = gone;
    this.#bindings = new Bindings(limits.bound, (claims, id) => claims.exp * 1000 <= clock.now() || revocations.reaches(claims, id));
    this.#pace = new Pace(limits.bytesPerSecond, clock.now());
    this.#idle = new Alarm(timers, () => this.#tire());
    this.#expiry = new Alarm(timers, () => this.#expire());
    this.#cut = new Alarm(timers, () => this.#cutOff());
    this.#idle.set(limits.bindTimeout * 1000);
  }

  /** Whether nobody else may touch it. */
  get alone(): boolean {
    return this.#port.alone === true;
  }

  get bound(): number {
    return this.#bindings.size;
  }

  frame(text: string | null): void {
    if (this.#over) return;
    const { maxFrame, waiting } = this.#config.limits;
    if (text === null) return this.end(new WsbindError("binary-frame", "the frame is binary: bind-with-token TOKEN is a text frame"));
    if (text.length > maxFrame) {
      return this.end(new WsbindError("frame-too-large", `the frame has ${text.length} characters, at most ${maxFrame} are read`));
    }
    // One more than may wait: that is the one being handled.
    if (this.#frames > waiting) {
      return this.end(new WsbindError("too-many-requests", `${waiting} binds are waiting on this socket, and no more may: send the next when one is answered`));
    }
    this.#frames++;
    void this.#turns.take(() => this.#answer(text));
  }

  closed(): void {
    this.#retire();
    this.#cut.stop();
    this.#depart();
  }

  /** Ends what was revoked, and returns how many Subscriptions that were. */
  revoke(): number {
    const { revocations } = this.#config;
    return this.#release("revoked-token", (claims, id) => revocations.reaches(claims, id));
  }

  /** Closes the socket; the client is told why. */
  end(error: WsbindError): void {
    // To a reader who is slow already nothing is added, and that a gate goes away is no fault of anybody's.
    const silent = error.code === "slow-reader" || error.code === "going-away";
    this.#shut(error.code, silent ? undefined : outcomeFrame(error), error.message);
  }

  async #answer(text: string): Promise<void> {
    let shown: Shown | undefined;
    try {
      if (this.#over) return;
      shown = await this.#config.admission.read(text);
      await this.#bind(shown);
    } catch (err) {
      this.#refuse(asError(err), shown);
    } finally {
      this.#frames--;
      this.#tidy();
    }
  }

  async #bind({ token, claims, kid }: Shown): Promise<void> {
    const { admission, upstream, observe } = this.#config;
    const { ids, revoked } = await admission.left(claims, this.#watch);
    this.#bindings.checkRoom(ids);
    if (this.#over) return;
    await admission.use(claims);
    if (this.#over) return;
    this.#bindings.plan(claims, ids);
    this.#channel ??= upstream.open(this.#listener(), this.alone);
    // With the token that it has, the server may bind these all the same.
    if (revoked.length > 0) this.#reads = true;
    const bound = await this.#channel.bind({ token, claims, ids }).catch((err) => {
      this.#reads = true; // the server may bind later than it was waited for
      throw err;
    });
    this.#bindings.settle(bound.ids);
    if (bound.omitted.length > 0) this.#reads = true;
    if (this.#over) return;
    observe({ event: "bound", socket: this.#number, jti: claims.jti, kid, subscriptions: bound.ids });
    const omitted = [...revoked, ...bound.omitted];
    if (omitted.length > 0) this.#send(omittedFrame(omitted));
  }

  /** After a bind: what was revoked or has expired meanwhile is let go. */
  #tidy(): void {
    if (this.#over) return;
    if (this.#bindings.size > 0) this.#idle.stop();
    this.revoke();
    this.#expire();
  }

  #refuse(error: WsbindError, shown: Shown | undefined): void {
    const { code, message } = error;
    this.#bindings.settle([]);
    if (this.#over) return;
    this.#config.observe({
      event: "bind-refused", socket: this.#number, code, detail: message, jti: shown?.claims.jti, kid: shown?.kid, subscriptions: shown?.claims.subscription,
    });
    if (this.#bindings.size > 0) this.#send(outcomeFrame(error));
    else this.end(error);
  }

  #listener(): ChannelListener {
    return {
      notification: (frame, subscription) => this.#notify(frame, subscription),
      outcome: (frame) => this.#send(frame),
      lost: (error) => {
        this.#config.observe({ event: "upstream-lost", socket: this.#number, code: error.code, detail: error.message });
        this.#send(outcomeFrame(error));
      },
      failed: (error) => this.end(asError(error)),
    };
  }

  #notify(frame: string, subscription: string | undefined): void {
    const { clock, judge, observe } = this.#config;
    if (this.#over) return;
    // The timer may be late, and the token is over nevertheless.
    if (this.#expiry.due !== null && clock.now() >= this.#expiry.due) this.#expire();
    if (subscription === undefined ? this.#reads && !this.#isBound(frame) : !this.#isFor(subscription)) return;
    observe({ event: "notification", socket: this.#number, subscriptions: subscription === undefined ? undefined : [subscription] });
    const frames = judge()?.(frame, this.#number) ?? [frame];
    for (const text of frames) this.#send(text);
  }

  /** Whether a notification of a Subscription is for the client. A server that sends one that is not may send more. */
  #isFor(id: string): boolean {
    const covered = this.#bindings.covers(id);
    if (!covered) this.#reads = true;
    return covered;
  }

  /** Whether all that a frame is about is bound. Of one that cannot be read nobody knows. */
  #isBound(frame: string): boolean {
    const { core, fhir } = this.#config;
    try {
      const { subscriptions = [] } = core()?.readFrame(frame, "spec", fhir) ?? {};
      return subscriptions.length > 0 && subscriptions.every((id) => this.#bindings.covers(id));
    } catch {
      return false;
    }
  }

  #expire(): void {
    const now = this.#config.clock.now() / 1000;
    this.#release("expired-token", ({ exp }) => exp <= now);
    const { expires } = this.#bindings;
    if (this.#over || expires === Infinity) this.#expiry.stop();
    // What a bind in progress is about to renew is looked at when that is done.
    else if (expires > now) this.#expiry.set((expires - now) * 1000);
  }

  #release(code: Code, over: IsOver): number {
    if (this.#over) return 0;
    const ids = this.#bindings.release(over);
    if (ids.length === 0) return 0;
    this.#reads = true;
    this.#channel?.unbind(ids);
    this.#config.observe({ event: code === "revoked-token" ? "revoked" : "unbound", socket: this.#number, code, subscriptions: ids });
    // A bind in progress decides whether the socket stays.
    if (this.#bindings.size > 0 || this.#frames > 0) this.#send(unboundFrame(code, ids));
    else this.#shut(code, unboundFrame(code, ids));
    return ids.length;
  }

  /** Nothing was bound in time; a bind in progress came in time. */
  #tire(): void {
    const { bindTimeout } = this.#config.limits;
    if (this.#frames > 0 || this.#bindings.size > 0) return;
    this.end(new WsbindError("bind-timeout", `nothing was bound on this socket for ${bindTimeout} s: send bind-with-token TOKEN soon after connecting`));
  }

  #send(text: string): void {
    if (this.#over) return;
    const { buffered } = this.#port;
    const { maxQueue, bytesPerSecond } = this.#config.limits;
    if (buffered !== undefined && buffered > maxQueue) return this.end(new WsbindError("slow-reader", `${buffered} bytes wait for the client, at most ${maxQueue} may`));
    if (buffered === undefined && !this.#pace.take(text.length, this.#config.clock.now())) {
      return this.end(new WsbindError("slow-reader", `the client is sent more than ${bytesPerSecond} bytes in a second`));
    }
    this.#port.send(text);
  }

  #shut(code: Code, frame: string | undefined, detail?: string): void {
    if (this.#over) return;
    this.#retire(code, detail);
    this.#cut.set(longestGoodbye);
    if (frame !== undefined) this.#port.send(frame);
    const { status, reason } = goodbyeOf(code);
    this.#port.close(status, reason);
  }

  #retire(code?: Code, detail?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#idle.stop();
    this.#expiry.stop();
    this.#channel?.close();
    this.#config.observe({ event: "socket-closed", socket: this.#number, code, detail });
  }

  #cutOff(): void {
    this.#port.terminate?.();
    this.#depart();
  }

  #depart(): void {
    const gone = this.#gone;
    this.#gone = () => {};
    gone();
  }
}
