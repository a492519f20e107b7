/** A token on its way to be accepted, and the connection it goes over. */

import type { Failure } from "./failure.js";
import { maxSubscriptions } from "./gaps.js";
import type { Socket } from "./socket.js";

/** A bind that was sent: it is answered by a handshake for each Subscription of the token. */
export class Bind {
  /** The Subscriptions whose handshake is still to come. */
  readonly waiting: Set<string>;
  /** The Subscriptions of the token; none if the server does not say. */
  readonly subscriptions: readonly string[];
  /** Resolves when the bind was accepted, and rejects with a Failure when it was not. */
  readonly answered: Promise<void>;
  succeed!: () => void;
  fail!: (failure: Failure) => void;
  #heard = false;
  #first: boolean;

  /** `first` says that nothing was bound on the connection before. */
  constructor(subscriptions: readonly string[], first: boolean) {
    this.subscriptions = subscriptions;
    this.#first = first;
    this.waiting = new Set(subscriptions);
    this.answered = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
  }

  /** Whether the server showed that it accepts the token. */
  get heard(): boolean {
    return this.#heard;
  }

  /**
   * Notes a notification. Events and heartbeats may come before the handshake
   * (P§4); they answer a bind only where no earlier one could have brought them.
   */
  hear(id: string, type: string): void {
    this.#heard ||= this.#first || type === "handshake";
    if (type !== "handshake") return;
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.succeed();
  }
}

/** A connection and what may come over it. */
export class Line {
  readonly socket: Socket;
  /** The bind that is not answered yet. */
  pending: Bind | null = null;
  /** Whether something was bound before. */
  bound = false;
  /** Whether anything was heard since the latest bind. */
  alive = true;
  /** Whether a bind was left without any answer: nobody may be there any more. */
  mute = false;
  /** The Subscriptions that were heard of since then, up to a bound. */
  #heard = new Set<string>();
  #covered = new Set<string>();
  #all = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Notes a bind. What an earlier token covered goes on until that token expires. */
  begin(bind: Bind): void {
    this.pending = bind;
    this.bound = true;
    this.alive = false;
    this.#heard.clear();
    this.#all ||= bind.subscriptions.length === 0;
    for (const id of bind.subscriptions) this.#covered.add(id);
  }

  /** Whether nothing was heard of the Subscription since the latest bind; now it is. */
  begins(id: string): boolean {
    if (this.#heard.has(id)) return false;
    if (this.#heard.size < maxSubscriptions) this.#heard.add(id);
    return true;
  }

  /** Whether a token that went over this connection is for the Subscription. */
  covers(id: string): boolean {
    return this.#all || this.#covered.has(id);
  }

  /** Closes the connection. A bind that waits has failed. */
  end(failure: Failure): void {
    this.socket.close();
    this.pending?.fail(failure);
  }
}
