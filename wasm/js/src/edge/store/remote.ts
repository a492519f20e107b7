/** Calls of a store that lies elsewhere: each ends in bounded time, and all fail in one way. */

import { systemClock, type Clock } from "../../client/clock.js";
import { WsbindError } from "../../error.js";
import { refuse, show, why } from "../../options.js";
import { within } from "../within.js";

/** What every store that lies elsewhere can be told. */
export interface RemoteOptions {
  /** How long one call may take, in seconds; default 5. What is late may have been done all the same. */
  readonly timeout?: number | undefined;
  /** Default the system's. */
  readonly clock?: Clock | undefined;
}

/** A server, and how long it is waited for. */
export class Remote {
  readonly clock: Clock;
  /** How long one call may take, in milliseconds. */
  readonly timeout: number;
  #name: string;

  constructor(name: string, { timeout = 5, clock = systemClock }: RemoteOptions) {
    if (!(typeof timeout === "number" && timeout >= 0.001 && timeout <= 3600)) refuse(`timeout is ${show(timeout)}, seconds from 0.001 to 3600 are due`);
    this.clock = clock;
    this.timeout = 1000 * timeout;
    this.#name = name;
  }

  /** Seconds since 1970. */
  now(): number {
    return this.clock.now() / 1000;
  }

  /** Does work at the server. What fails or is late is `store-unavailable`; errors of our own pass. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await within(this.clock, this.timeout, work(), () => this.failed("no answer in time"));
    } catch (err) {
      throw this.failure(err);
    }
  }

  /** What was thrown, as an error of ours. */
  failure(err: unknown): WsbindError {
    return err instanceof WsbindError ? err : this.failed(why(err), err);
  }

  /** The error of a server that cannot be reached, or does not answer as it should. */
  failed(reason: string, cause?: unknown): WsbindError {
    return new WsbindError("store-unavailable", `${this.#name}: ${reason}; see whether it runs and can be reached`, { cause });
  }
}
