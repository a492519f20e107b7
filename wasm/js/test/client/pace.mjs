// Tests in real time, as many at once as the machine bears. How late this process is
// woken says how busy the machine is, with whatever it does.
import { each } from "../each.mjs";

/** Milliseconds between two looks. */
const step = 50;

/** Milliseconds: while the process was woken later than this, nothing more is begun. */
const busy = 100;

/** How late this process is woken, from now on. */
export class Pace {
  /** The looks that were late: when, and by how many milliseconds. */
  #late = [];
  #waiting = [];
  #timer;

  constructor() {
    let due = performance.now() + step;
    this.#timer = setInterval(() => {
      const now = performance.now();
      const by = now - due;
      due = now + step;
      if (by > busy) this.#late.push({ now, by });
      else this.#waiting.shift()?.();
    }, step);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** How many milliseconds late the process was at most since a time of performance.now(). */
  latest(since) {
    return Math.max(0, ...this.#late.filter(({ now }) => now >= since).map(({ by }) => by));
  }

  /** Does work for each item, so many at a time at most, and returns the results in order. */
  each(items, atATime, work) {
    return each(items, atATime, async (item) => {
      await this.#turn();
      return work(item);
    });
  }

  /** Resolves in a look that is not late; one waits behind the other. */
  #turn() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
