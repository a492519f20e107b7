/** A FHIR server of another dialect: its feeds, and the channels that share them. */

import type { Core } from "../core.js";
import type { BridgeConfig } from "./config.js";
import { FanoutChannel } from "./fanout.js";
import { Feed, type FeedHost, type Holder } from "./feed.js";
import { FhirServer } from "./fhir.js";
import type { Feeds } from "./share.js";
import type { Dialect } from "./tap.js";
import type { Channel, ChannelListener, Upstream } from "./upstream.js";

/** What makes a dialect. */
export type DialectOf = (config: BridgeConfig, server: FhirServer) => Dialect;

/** Shares one feed of each Subscription among all channels. */
export class Bridge implements Upstream, Feeds {
  #core: () => Promise<Core>;
  #config: BridgeConfig;
  #dialectOf: DialectOf;
  #server: FhirServer;
  #dialect: Dialect;
  #feeds = new Map<string, Feed>();
  #channels = new Set<Channel>();

  constructor(core: () => Promise<Core>, config: BridgeConfig, dialect: DialectOf) {
    this.#core = core;
    this.#config = config;
    this.#dialectOf = dialect;
    this.#server = new FhirServer(config);
    this.#dialect = dialect(config, this.#server);
  }

  /** A channel that is alone has feeds of its own, as if it were another gate's. */
  open(listener: ChannelListener, alone = false): Channel {
    const feeds = alone ? new Bridge(this.#core, this.#config, this.#dialectOf) : this;
    const channel = new FanoutChannel(feeds, listener, () => this.#channels.delete(channel));
    this.#channels.add(channel);
    return channel;
  }

  async feed(id: string, holder: Holder): Promise<Feed> {
    const core = await this.#core();
    const feed = this.#feeds.get(id) ?? this.#make(id, core);
    feed.hold(holder);
    return feed;
  }

  #make(id: string, core: Core): Feed {
    const host: FeedHost = {
      core, server: this.#server, dialect: this.#dialect,
      over: (feed) => { if (this.#feeds.get(id) === feed) this.#feeds.delete(id); },
    };
    const feed = new Feed(id, host);
    this.#feeds.set(id, feed);
    return feed;
  }

  close(): void {
    for (const channel of [...this.#channels]) channel.close();
    this.#dialect.close();
  }
}
