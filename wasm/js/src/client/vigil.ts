/** Notices what nobody tells: heartbeats that stay out, and a machine that slept. */

import { WsbindError } from "../error.js";
import { Alarm, type Clock } from "./clock.js";
import { Failure, passing } from "./failure.js";
import type { Heartbeats } from "./heartbeat.js";

/** How often the clock is looked at, and how late that may be until the machine must have slept. */
const watchEvery = 30_000;
const asleepAfter = 90_000; // a hidden tab has its timers once a minute

/** What a vigil needs. */
export interface VigilConfig {
  readonly clock: Clock;
  readonly heartbeats: Heartbeats;
  problem(error: WsbindError, subscription: string | null, text: string | null): void;
}

/** Keeps watch over one session. */
export class Vigil {
  #config: VigilConfig;
  #end: (failure: Failure) => void;
  #heartbeat: Alarm;
  #look: Alarm;
  #nextLook = Infinity;

  /** `end` is called with what was noticed. */
  constructor(config: VigilConfig, end: (failure: Failure) => void) {
    this.#config = config;
    this.#end = end;
    this.#heartbeat = new Alarm(config.clock, () => this.#checkHeartbeats());
    this.#look = new Alarm(config.clock, () => this.#lookAtClock());
  }

  begin(): void {
    const { clock } = this.#config;
    this.#nextLook = clock.now();
    this.#lookAtClock();
  }

  /** Begins every period anew. */
  restart(): void {
    const { clock, heartbeats } = this.#config;
    heartbeats.restart(clock.now());
    if (this.#heartbeat.due !== null) this.listen();
  }

  stop(): void {
    this.#heartbeat.stop();
    this.#look.stop();
    this.#nextLook = Infinity;
  }

  /** Sets the alarm to the next heartbeat that is due; called when another Subscription is watched. */
  listen(): void {
    const { clock, heartbeats } = this.#config;
    const { deadline } = heartbeats;
    if (deadline !== null && this.#nextLook !== Infinity) this.#heartbeat.set(deadline - clock.now());
  }

  /**
   * Whether the machine slept: no timer rings meanwhile, and no socket ends. The
   * socket is dead then, though nobody said so, or its binding has expired.
   */
  slept(): boolean {
    const late = this.#config.clock.now() - this.#nextLook;
    if (late < asleepAfter) return false;
    this.#end(new Failure("passing", new WsbindError("connection-lost",
      `the machine slept, or the clock was set: ${Math.round(late / 1000)} s went by unseen`), { expected: true }));
    return true;
  }

  #lookAtClock(): void {
    if (this.slept()) return;
    // A clock that was set back would keep what was heard before in the future.
    if (this.#config.clock.now() < this.#nextLook - asleepAfter) this.restart();
    this.#nextLook = this.#config.clock.now() + watchEvery;
    this.#look.set(watchEvery);
  }

  #checkHeartbeats(): void {
    const { clock, heartbeats, problem } = this.#config;
    const overdue = heartbeats.overdue(clock.now());
    if (!overdue) return this.listen();
    const { id, silence, hopeless } = overdue;
    const reason = `nothing was heard of Subscription ${id} for ${Math.round(silence / 1000)} s`;
    if (!hopeless) return this.#end(passing("missing-heartbeat", reason));
    problem(new WsbindError("missing-heartbeat", `${reason}: the server seems to send no heartbeats, and they are waited for no longer`), id, null);
    this.listen();
  }
}
