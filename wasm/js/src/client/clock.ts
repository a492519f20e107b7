/** Time as a parameter: the clock of a client, and the two ways to wait for it. */

/**
 * Where a client has its time from. The system's by default; tests give one
 * that they move.
 */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()` counts them. */
  now(): number;
  /** Calls back once, when the milliseconds are over; later does no harm. */
  setTimeout(callback: () => void, milliseconds: number): unknown;
  /** Takes what `setTimeout` returned; nothing is called back then. */
  clearTimeout(timer: unknown): void;
}

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** Timers of JavaScript hold 31 bits: a longer one would ring at once. */
const longestTimer = 2 ** 31 - 1;

/** A timer that is set anew as often as needed, and rings for the last time it was set. */
export class Alarm {
  #clock: Clock;
  #ring: () => void;
  #timer: unknown;
  #due: number | null = null;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** When it rings, in milliseconds since 1970; null while it is not set. */
  get due(): number | null {
    return this.#due;
  }

  /** Makes it ring once, after that many milliseconds. */
  set(milliseconds: number): void {
    this.stop();
    this.#due = this.#clock.now() + Math.max(0, milliseconds);
    this.#wait(Math.max(0, milliseconds));
  }

  stop(): void {
    if (this.#due !== null) this.#clock.clearTimeout(this.#timer);
    this.#due = null;
  }

  #wait(milliseconds: number): void {
    const part = Math.min(milliseconds, longestTimer);
    this.#timer = this.#clock.setTimeout(() => {
      if (milliseconds > part) return this.#wait(milliseconds - part);
      this.#due = null;
      this.#ring();
    }, part);
  }
}

/** Resolves after that many milliseconds, or at once when the signal is aborted. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const awake = (): void => {
      alarm.stop();
      signal.removeEventListener("abort", awake);
      resolve();
    };
    const alarm = new Alarm(clock, awake);
    signal.addEventListener("abort", awake);
    alarm.set(milliseconds);
  });
}
