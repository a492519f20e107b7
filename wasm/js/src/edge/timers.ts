/** Many timers on one of the runtime's: workerd keeps something of each that was ever set. */

import type { Clock } from "../client/clock.js";

/** A timer: it rings once. */
interface Timer {
  due: number;
  /** Its place among those that were set, which decides between two that are due at once. */
  readonly number: number;
  readonly ring: () => void;
  /** Its place in the heap; -1 when it is in there no more. */
  at: number;
}

/** By how much a timer may ring early until it is the clock that was set back, in milliseconds. */
const tolerance = 1_000;

/** A clock whose timers take one timer of another clock, for the first of them that is due. */
export class Timers implements Clock {
  readonly #clock: Clock;
  /** A binary heap: the first that is due is the first of them. */
  readonly #heap: Timer[] = [];
  #last = 0;
  #timer: unknown;
  /** What the timer is set for, if it is. */
  #armed: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(callback: () => void, milliseconds: number): unknown {
    const timer: Timer = { due: this.now() + milliseconds, number: ++this.#last, ring: callback, at: this.#heap.length };
    this.#heap.push(timer);
    this.#rise(timer);
    this.#arm();
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#remove(timer as Timer);
    if (this.#heap.length === 0) this.#disarm();
  }

  /** Sees to it that the first one rings. If that was another until now, the timer finds nobody, and is set anew then. */
  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || (this.#armed !== undefined && this.#armed <= first.due)) return;
    this.#disarm();
    this.#armed = first.due;
    this.#timer = this.#clock.setTimeout(() => this.#ring(), Math.max(0, first.due - this.now()));
  }

  #disarm(): void {
    if (this.#armed !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#armed = undefined;
  }

  #ring(): void {
    const now = this.now();
    const early = (this.#armed ?? now) - now;
    this.#armed = undefined;
    if (early > tolerance) for (const timer of this.#heap) timer.due -= early;
    try {
      for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
        this.#remove(first);
        first.ring();
      }
    } finally {
      this.#arm();
    }
  }

  #remove(timer: Timer): void {
    const { at } = timer;
    if (at < 0) return;
    timer.at = -1;
    const last = this.#heap.pop() as Timer;
    if (last === timer) return;
    this.#place(last, at);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(timer: Timer): void {
    for (let above = this.#heap[(timer.at - 1) >> 1]; timer.at > 0 && above !== undefined && isBefore(timer, above); above = this.#heap[(timer.at - 1) >> 1]) this.#swap(timer, above);
  }

  #sink(timer: Timer): void {
    for (let below = this.#below(timer); below !== undefined && isBefore(below, timer); below = this.#below(timer)) this.#swap(timer, below);
  }

  /** The first of the two below one. */
  #below({ at }: Timer): Timer | undefined {
    const left = this.#heap[2 * at + 1], right = this.#heap[2 * at + 2];
    return left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
  }

  #swap(one: Timer, other: Timer): void {
    const { at } = one;
    this.#place(one, other.at);
    this.#place(other, at);
  }

  #place(timer: Timer, at: number): void {
    this.#heap[at] = timer;
    timer.at = at;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.due === other.due ? one.number < other.number : one.due < other.due;
}
