/** The life of a watch on a store. */

import { Alarm } from "../../client/clock.js";
import type { Remote } from "./remote.js";

/** What a watch does besides telling. */
interface Parts {
  /** Rejects if the server does not answer. It is asked again and again. */
  readonly check: () => Promise<unknown>;
  /** Gives up what the watch holds. */
  readonly close: () => void;
  /** Hears why nothing is told any more. */
  readonly lost: (err: unknown) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * A watch that is open. It ends once: when its signal is aborted, or when it fails.
 * That a server is silent it finds out within one and a half times the time for a call.
 */
export class Listening {
  #parts: Parts;
  #alarm: Alarm;
  #over = false;

  constructor(remote: Remote, parts: Parts) {
    this.#parts = parts;
    const pause = remote.timeout / 2;
    const check = async (): Promise<void> => {
      await remote.call(parts.check);
      if (!this.#over) this.#alarm.set(pause);
    };
    this.#alarm = new Alarm(remote.clock, () => void check().catch(this.fail));
    this.#alarm.set(pause);
    parts.signal.addEventListener("abort", this.#end);
    if (parts.signal.aborted) this.#end();
  }

  /** Whether it has ended: then nothing is told any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Ends it with the error that is told to `lost`. */
  readonly fail = (err: unknown): void => {
    if (this.#over) return;
    this.#end();
    this.#parts.lost(err);
  };

  readonly #end = (): void => {
    if (this.#over) return;
    this.#over = true;
    this.#alarm.stop();
    this.#parts.signal.removeEventListener("abort", this.#end);
    this.#parts.close();
  };
}
