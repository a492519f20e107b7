// Virtual time: nothing happens until a test moves it, and no test sleeps.

/** Lets everything that is under way come to rest: promises, streams, events. */
export async function settle() {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve));
}

export class VirtualClock {
  #now;
  #timers = new Map();
  #next = 1;

  constructor(start = Date.parse("2026-03-01T12:00:00Z")) {
    this.#now = start;
  }

  now = () => this.#now;

  setTimeout = (callback, milliseconds) => {
    const id = this.#next++;
    this.#timers.set(id, { due: this.#now + milliseconds, callback });
    return id;
  };

  clearTimeout = (id) => void this.#timers.delete(id);

  /** How many timers are set. */
  get pending() {
    return this.#timers.size;
  }

  /** Sets the clock back: timers heed no clock, and ring as if nothing had happened. */
  setBack(milliseconds) {
    this.#now -= milliseconds;
    for (const timer of this.#timers.values()) timer.due -= milliseconds;
  }

  /** Lets that many milliseconds go by, timer by timer, each with what follows from it. */
  async advance(milliseconds) {
    const end = this.#now + milliseconds;
    await settle();
    for (let first = this.#first(end); first; first = this.#first(end)) {
      this.#now = Math.max(this.#now, first[1].due);
      this.#timers.delete(first[0]);
      first[1].callback();
      await settle();
    }
    this.#now = end;
  }

  /** Sets the clock ahead, as a sleeping machine finds it: timers ring late, with the next advance. */
  jump(milliseconds) {
    this.#now += milliseconds;
  }

  #first(end) {
    const due = [...this.#timers].filter(([, t]) => t.due <= end);
    return due.sort(([a, s], [b, t]) => s.due - t.due || a - b)[0];
  }
}
