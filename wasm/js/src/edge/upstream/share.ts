/** What one channel has of a feed. */

import { asFailure } from "../../client/failure.js";
import { WsbindError } from "../../error.js";
import type { Feed, Holder } from "./feed.js";
import type { ChannelListener } from "./upstream.js";

/** Notifications that may wait for the handshakes of a bind, and their characters. */
const maxHeld = 1_000;
const maxHeldSize = 4 * (8 << 20);

/** Where feeds are had. */
export interface Feeds {
  /** The feed of a Subscription, held already: it ends with its last holder. */
  feed(id: string, holder: Holder): Promise<Feed>;
}

/** The channel behind a share. */
export interface ShareHost {
  readonly listener: ChannelListener;
  lost(share: Share, error: WsbindError): void;
  found(share: Share): void;
  ended(share: Share, error: WsbindError): void;
  failed(error: WsbindError): void;
}

/** Holds a feed for a channel, from its first bind until it is unbound. */
export class Share implements Holder {
  readonly id: string;
  /** Whether its handshake was given, and it was not unbound since. */
  bound = false;
  /** Whether a bind is under way. */
  binding = false;
  /** Why the bind that is under way has failed, or null. */
  obstacle: WsbindError | null = null;
  #host: ShareHost;
  #feeds: Feeds;
  #feed: Feed | null = null;
  #handshake = "";
  /** What waits for the handshakes of the bind that is under way. */
  #held: string[] | null = null;
  #size = 0;
  #released = false;

  constructor(id: string, host: ShareHost, feeds: Feeds) {
    this.id = id;
    this.#host = host;
    this.#feeds = feeds;
  }

  /** Whether the FHIR server is connected. */
  get live(): boolean {
    return this.#feed?.live ?? false;
  }

  /** The first step of a bind, which may take its time: the FHIR server is asked. */
  ready(): Promise<void> {
    this.obstacle = null;
    return this.#attempt(async () => {
      this.#feed ??= await this.#take();
      await this.#feed.ready();
    });
  }

  /** The second: the handshake is written, and what comes from then on is held. */
  join(): Promise<void> {
    return this.#attempt(async () => {
      this.#handshake = await this.#feed!.join(this, () => { this.#held = []; });
    });
  }

  /** The third: the handshake is given. */
  greet(): void {
    if (this.#released) return;
    this.bound = true;
    this.#host.listener.notification(this.#handshake, this.id);
  }

  /** The last: what was held is given. */
  flush(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#size = 0;
    for (const frame of held) this.give(frame);
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.obstacle) return;
    try {
      await step();
    } catch (err) {
      this.obstacle = asFailure(err).reason;
    }
  }

  async #take(): Promise<Feed> {
    const feed = await this.#feeds.feed(this.id, this);
    if (!this.#released) return feed;
    feed.release(this);
    throw new WsbindError("aborted", "the socket is closed");
  }

  give(frame: string): void {
    if (this.#released) return;
    if (this.#held === null) {
      // One that was unbound while a bind of it is under way has nothing to say until that is done.
      if (this.bound) this.#host.listener.notification(frame, this.id);
      return;
    }
    this.#held.push(frame);
    this.#size += frame.length;
    if (this.#held.length <= maxHeld && this.#size <= maxHeldSize) return;
    this.#host.failed(new WsbindError("store-unavailable", `more than ${maxHeld} notifications or ${maxHeldSize} characters wait for a handshake`));
  }

  lost(error: WsbindError): void {
    if (this.bound) this.#host.lost(this, error);
  }

  found(): void {
    this.#host.found(this);
  }

  ended(error: WsbindError, all: boolean): void {
    this.obstacle = error;
    if (all) return this.#host.failed(error);
    if (!this.bound) return; // the bind that is under way tells
    this.bound = false;
    this.#host.ended(this, error);
  }

  release(): void {
    this.#released = true;
    this.#feed?.release(this);
  }
}
