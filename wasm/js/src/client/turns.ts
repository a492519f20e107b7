/** One after the other: work that must not overlap, in the order it was given. */

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work when everything before it is done, and returns what it returns. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {}); // its failure is its own giver's
    return done;
  }
}
