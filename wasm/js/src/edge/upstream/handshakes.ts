/** The handshakes that a bind waits for. */

import { WsbindError } from "../../error.js";
import type { UpstreamFrame } from "../core.js";
import type { Bound, Omitted } from "./upstream.js";

/** How many frames are kept for Subscriptions whose handshake is not there yet; they are bounded in length as well. */
const maxHeld = 256;

/** How the handshakes of a bind are told. */
export interface Telling {
  /** Takes a frame of a Subscription. */
  readonly tell: (frame: string, id: string) => void;
  /** Whether anybody is to be told of a Subscription: of a renewal of the gate's own nobody is. */
  readonly isTold: (id: string) => boolean;
  /** Whether a Subscription is new to the channel: nothing else of it is told before its handshake. */
  readonly isNew: (id: string) => boolean;
  /** Reads an OperationOutcome as the end of the bind; undefined where it is about something else. */
  readonly refusal: (outcome: UpstreamFrame) => WsbindError | undefined;
}

/** Waits for a handshake of each Subscription. They are told in the order of the ids, whatever order they come in. */
export class Handshakes {
  /** Resolves to what is bound, and rejects where that is nothing. */
  readonly done: Promise<Bound>;
  #ids: readonly string[];
  #telling: Telling;
  /** The index of the first one that is not told. */
  #next = 0;
  #arrived = new Set<string>();
  #missing = new Map<string, WsbindError>();
  #held = new Map<string, string[]>();
  #most: number;
  #frames = 0;
  /** The characters of all of them. */
  #size = 0;
  #resolve!: (bound: Bound) => void;
  #reject!: (error: WsbindError) => void;

  /** `most` is how many characters the frames may have that are kept. */
  constructor(ids: readonly string[], telling: Telling, most: number) {
    this.#ids = ids;
    this.#telling = telling;
    this.#most = most;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Looks at a frame, and says whether it is taken: then nobody else is to tell it. */
  hear(frame: UpstreamFrame, text: string): boolean {
    if (frame.kind === "outcome") return this.#hearOutcome(frame);
    const [id = ""] = frame.subscriptions;
    const place = this.#ids.indexOf(id, this.#next);
    if (place < 0) return false;
    const arrived = this.#arrived.has(id);
    if (frame.kind === "handshake" && !arrived) this.#take(id, text);
    else if (this.#telling.isTold(id) && (arrived || this.#telling.isNew(id))) this.#hold(id, text);
    else return false;
    return true;
  }

  /** Ends the wait: what has not come is missing. */
  giveUp(error: WsbindError): void {
    for (const id of this.#ids.slice(this.#next)) if (!this.#arrived.has(id)) this.#missing.set(id, error);
    this.#advance();
  }

  #hearOutcome(frame: UpstreamFrame): boolean {
    const error = this.#telling.refusal(frame);
    if (error !== undefined) this.giveUp(error);
    return error !== undefined;
  }

  #take(id: string, text: string): void {
    this.#arrived.add(id);
    this.#held.set(id, [text, ...(this.#held.get(id) ?? [])]);
    this.#advance();
  }

  #hold(id: string, text: string): void {
    this.#size += text.length;
    if (++this.#frames > maxHeld || this.#size > this.#most) {
      return this.giveUp(new WsbindError("upstream-refused", `the FHIR server sent more than ${maxHeld} notifications or ${this.#most} characters before the handshakes that are due first`));
    }
    this.#held.set(id, [...(this.#held.get(id) ?? []), text]);
  }

  #advance(): void {
    for (let id = this.#ids[this.#next]; id !== undefined; id = this.#ids[++this.#next]) {
      if (!this.#arrived.has(id) && !this.#missing.has(id)) return;
      if (this.#arrived.has(id) && this.#telling.isTold(id)) for (const text of this.#held.get(id) ?? []) this.#telling.tell(text, id);
      this.#held.delete(id);
    }
    this.#conclude();
  }

  #conclude(): void {
    const ids = this.#ids.filter((id) => this.#arrived.has(id));
    const omitted: Omitted[] = [...this.#missing].map(([id, error]) => ({ id, error }));
    if (ids.length > 0) this.#resolve({ ids, omitted });
    else this.#reject(omitted[0]?.error ?? new WsbindError("internal", "a bind waited for nothing"));
  }
}
