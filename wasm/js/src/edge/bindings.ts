/** What is bound on a socket, and by which token. */

import type { Claims } from "../claims.js";
import { WsbindError } from "../error.js";

/** Which Subscriptions of a socket its tokens hold. Of two tokens for one, that which lasts longer holds it. */
export class Bindings {
  #most: number;
  #held = new Map<string, Claims>();
  /** What the bind in progress will hold. */
  #planned = new Map<string, Claims>();

  /** `most` is how many Subscriptions may be bound. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#held.size;
  }

  /** When the first token expires, in seconds since 1970; Infinity if nothing is bound. */
  get expires(): number {
    let first = Infinity;
    for (const { exp } of this.#held.values()) first = Math.min(first, exp);
    return first;
  }

  /** Refuses a bind after which too many would be bound. */
  checkRoom(ids: readonly string[]): void {
    const total = this.#held.size + ids.filter((id) => !this.#held.has(id)).length;
    if (total <= this.#most) return;
    throw new WsbindError("too-many-requests", `${total} Subscriptions would be bound on this socket, at most ${this.#most} can be: connect another one`);
  }

  /** Notes what a bind is for. Its notifications pass from now on: handshakes come before the bind is done. */
  plan(claims: Claims, ids: readonly string[]): void {
    for (const id of ids) this.#planned.set(id, claims);
  }

  /** Ends the plan: those are bound. */
  settle(ids: readonly string[]): void {
    for (const id of ids) {
      const planned = this.#planned.get(id);
      const old = this.#held.get(id);
      if (planned !== undefined && !(old !== undefined && old.exp > planned.exp)) this.#held.set(id, planned);
    }
    this.#planned.clear();
  }

  /** Whether notifications of a Subscription are for the client. */
  covers(id: string): boolean {
    return this.#held.has(id) || this.#planned.has(id);
  }

  /** Lets go of what is over, and returns the ids, sorted. What a bind in progress renews stays: that bind has the last word. */
  release(over: (claims: Claims, id: string) => boolean): string[] {
    const ids = [...this.#held].filter(([id, claims]) => over(claims, id) && !this.#renewed(id, over)).map(([id]) => id);
    for (const id of ids) this.#held.delete(id);
    return ids.sort();
  }

  #renewed(id: string, over: (claims: Claims, id: string) => boolean): boolean {
    const planned = this.#planned.get(id);
    return planned !== undefined && !over(planned, id);
  }
}
