/** What is bound on a socket, and by which token. */

import type { Claims } from "../claims.js";
import { WsbindError } from "../error.js";

/** Whether a token is over for a Subscription: expired, or revoked. */
export type IsOver = (claims: Claims, id: string) => boolean;

/** Which Subscriptions of a socket its tokens hold. Of two tokens for one, that which lasts longer holds it. */
export class Bindings {
  #most: number;
  #isOver: IsOver;
  #held = new Map<string, Claims>();
  /** What the bind in progress will hold. */
  #planned = new Map<string, Claims>();

  /** `most` is how many Subscriptions may be bound. */
  constructor(most: number, isOver: IsOver) {
    this.#most = most;
    this.#isOver = isOver;
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

  /** Notes what a bind is for. Its notifications pass from now on, as long as the token lasts: handshakes come before the bind is done. */
  plan(claims: Claims, ids: readonly string[]): void {
    for (const id of ids) this.#planned.set(id, claims);
  }

  /** Ends the plan: those are bound. */
  settle(ids: readonly string[]): void {
    for (const id of ids) {
      const planned = this.#planned.get(id);
      const old = this.#held.get(id);
      const stays = old !== undefined && planned !== undefined && old.exp > planned.exp && !this.#isOver(old, id);
      if (planned !== undefined && !stays) this.#held.set(id, planned);
    }
    this.#planned.clear();
  }

  /** Whether notifications of a Subscription are for the client. */
  covers(id: string): boolean {
    return this.#isGood(this.#held.get(id), id) || this.#isGood(this.#planned.get(id), id);
  }

  /** Lets go of what is over, and returns the ids, sorted. What a bind in progress renews stays: that bind has the last word. */
  release(over: IsOver): string[] {
    const ids = [...this.#held].filter(([id, claims]) => over(claims, id) && !this.#isGood(this.#planned.get(id), id)).map(([id]) => id);
    for (const id of ids) this.#held.delete(id);
    return ids.sort();
  }

  #isGood(claims: Claims | undefined, id: string): boolean {
    return claims !== undefined && !this.#isOver(claims, id);
  }
}
