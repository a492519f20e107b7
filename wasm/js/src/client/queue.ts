/** The async iterator of a client: each item waits until it is taken. */

import type { WsbindError } from "../error.js";

interface Taker<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (reason: WsbindError) => void;
}

interface Given<T> {
  readonly item: T;
  /** Called once the consumer is done with the item: it asks for the next. */
  readonly handled: () => void;
  readonly taken: () => void;
}

/**
 * Hands items over one by one. It holds no more than the one that is being
 * given: what waits behind is the giver's, who knows how much of it there may be.
 */
export class Handoff<T> implements AsyncIterator<T, undefined> {
  #takers: Taker<T>[] = [];
  #given: Given<T> | null = null;
  #atHand: Given<T> | null = null;
  #over = false;
  #reason: WsbindError | undefined;
  #leave: () => void;

  /** `leave` is called when the consumer does not want more. */
  constructor(leave: () => void) {
    this.#leave = leave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Resolves when the item was taken, or will not be. One at a time is given. */
  give(item: T, handled: () => void): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((taken) => {
      this.#given = { item, handled, taken };
      this.#meet();
    });
  }

  /** Ends the iteration; with a reason, whoever asks next is told, once. */
  finish(reason?: WsbindError): void {
    if (this.#over) return;
    this.#over = true;
    this.#reason = reason;
    this.#given?.taken();
    this.#given = null;
    for (const taker of this.#takers.splice(0)) this.#refuse(taker);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    this.#atHand?.handled();
    this.#atHand = null;
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.#over) return this.#refuse(taker);
      this.#takers.push(taker);
      this.#meet();
    });
  }

  /** Called when a loop is left early. What was at hand is not counted as handled: nobody knows. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#leave();
    this.finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  #meet(): void {
    const given = this.#given;
    const taker = given && this.#takers.shift();
    if (!taker) return;
    this.#given = null;
    this.#atHand = given;
    taker.resolve({ done: false, value: given.item });
    given.taken();
  }

  #refuse(taker: Taker<T>): void {
    const reason = this.#reason;
    this.#reason = undefined;
    if (reason) taker.reject(reason);
    else taker.resolve({ done: true, value: undefined });
  }
}
