/** A bound for clients of whom nobody can tell how much waits for them. */

/** For how many seconds' worth of bytes there is room at once. */
const burst = 4;

/** Counts what is sent against what may be sent. */
export class Pace {
  #perSecond: number;
  #left: number;
  /** When `#left` was right, in milliseconds. */
  #at: number;

  constructor(bytesPerSecond: number, now: number) {
    this.#perSecond = bytesPerSecond;
    this.#left = bytesPerSecond * burst;
    this.#at = now;
  }

  /** Takes the bytes of a frame, and says whether it may be sent. The last one may be longer than what is left, or a long one could never be. */
  take(bytes: number, now: number): boolean {
    const elapsed = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    this.#left = Math.min(this.#perSecond * burst, this.#left + elapsed * this.#perSecond);
    if (this.#left <= 0) return false;
    this.#left -= bytes;
    return true;
  }
}
