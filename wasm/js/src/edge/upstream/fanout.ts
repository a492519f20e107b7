/** A channel of a bridge: one client's share of the feeds. */

import { Turns } from "../../client/turns.js";
import { codes } from "../../codes.js";
import { WsbindError } from "../../error.js";
import { unboundFrame } from "../frames.js";
import { Share, type Feeds, type ShareHost } from "./share.js";
import type { Bound, Channel, ChannelListener, Grant, Omitted } from "./upstream.js";

/** Subscriptions of one bind that are made ready at a time. */
const atATime = 8;

/** One client. */
export class FanoutChannel implements Channel, ShareHost {
  readonly listener: ChannelListener;
  #feeds: Feeds;
  #shares = new Map<string, Share>();
  /** The shares whose server is lost, of which the client was told once. */
  #lost = new Set<Share>();
  #turns = new Turns();
  #over = false;
  #closed: () => void;

  /** `closed` is called when the channel is at its end. */
  constructor(feeds: Feeds, listener: ChannelListener, closed: () => void) {
    this.#feeds = feeds;
    this.listener = listener;
    this.#closed = closed;
  }

  bind({ ids }: Grant): Promise<Bound> {
    return this.#turns.take(() => this.#bind([...new Set(ids)]));
  }

  async #bind(ids: readonly string[]): Promise<Bound> {
    const shares = ids.map((id) => this.#share(id));
    for (const share of shares) share.binding = true;
    try {
      await each(shares, atATime, (share) => share.ready());
      // Only now, so that what is held until the last handshake is little.
      await each(shares, atATime, (share) => share.join());
      return this.#settle(shares);
    } finally {
      for (const share of shares) this.#leave(share);
    }
  }

  /** Gives the handshakes, if there are any and all could be counted, and then what came behind them. */
  #settle(shares: readonly Share[]): Bound {
    if (this.#over) throw new WsbindError("aborted", "the socket is closed");
    const good = shares.filter(({ obstacle }) => obstacle === null);
    const omitted = shares.flatMap(({ id, obstacle: error }): Omitted[] => error ? [{ id, error }] : []);
    const first = worst(omitted);
    if (first && (good.length === 0 || first.code === "store-unavailable")) throw first;
    for (const share of good) share.greet();
    return { ids: good.map(({ id }) => id), omitted };
  }

  #share(id: string): Share {
    const share = this.#shares.get(id) ?? new Share(id, this, this.#feeds);
    this.#shares.set(id, share);
    return share;
  }

  /** Ends a bind for a share: what was held is given, or it is not bound and leaves. */
  #leave(share: Share): void {
    share.binding = false;
    if (!share.bound) return this.#drop(share);
    share.flush();
    if (share.bound && !share.live) this.lost(share, new WsbindError("upstream-unavailable", "the FHIR server was lost while this was bound"));
  }

  #drop(share: Share): void {
    if (this.#shares.get(share.id) === share) this.#shares.delete(share.id);
    this.#lost.delete(share);
    share.release();
  }

  unbind(ids: readonly string[]): void {
    for (const id of ids) {
      const share = this.#shares.get(id);
      if (!share) continue;
      share.bound = false;
      if (!share.binding) this.#drop(share);
    }
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    for (const share of [...this.#shares.values()]) {
      share.bound = false;
      this.#drop(share);
    }
    this.#closed();
  }

  lost(share: Share, error: WsbindError): void {
    if (this.#over || this.#lost.has(share)) return;
    this.#lost.add(share);
    if (this.#lost.size === 1) this.listener.lost(error);
  }

  found(share: Share): void {
    this.#lost.delete(share);
  }

  /** A Subscription is no more. The channel ends with its last, or where all that is left waits for the same server. */
  ended(share: Share, error: WsbindError): void {
    this.#drop(share);
    const left = [...this.#shares.values()].filter(({ bound }) => bound);
    const hopeless = codes[error.code].closeReason !== "unknown-subscription" && left.every((other) => this.#lost.has(other));
    if (left.length === 0 || hopeless) this.failed(error);
    else this.listener.outcome(unboundFrame(error.code, [share.id]));
  }

  failed(error: WsbindError): void {
    if (this.#over) return;
    this.close();
    this.listener.failed(error);
  }
}

/** The error that a bind fails with: rather one that passes than one that stays. */
function worst(omitted: readonly Omitted[]): WsbindError | undefined {
  const rank = ({ code }: WsbindError): number => ["store-unavailable", "upstream-unavailable", "upstream-refused"].indexOf(code) + 1 || 9;
  return omitted.map(({ error }) => error).sort((a, b) => rank(a) - rank(b))[0];
}

/** Does something with each, a few at a time. */
async function each<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const take = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: most }, take));
}
