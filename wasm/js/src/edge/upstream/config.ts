/** What the parts of a bridge need. */

import type { Backoff } from "../../client/backoff.js";
import type { Observer } from "../observe.js";
import type { GateStore } from "../store/store.js";
import { readUpstreamOptions, type UpstreamConfig } from "./options.js";
import type { UpstreamParts } from "./parts.js";
import type { UpstreamOptions } from "./server.js";

/** The configuration of a bridge. Times are in milliseconds. */
export interface BridgeConfig extends UpstreamConfig {
  readonly random: () => number;
  /** The pauses between attempts to have a server back. */
  readonly backoff: Backoff;
  readonly observe: Observer;
  readonly ids: () => string;
  readonly store: GateStore;
  readonly maxBytes: number;
}

/** bridgeConfig reads the options of a bridge. */
export function bridgeConfig(options: UpstreamOptions, parts: UpstreamParts): BridgeConfig {
  const { observe, ids, store, maxBytes, random = Math.random } = parts;
  return { ...readUpstreamOptions(options, parts), observe, ids, store, maxBytes, random, backoff: { first: 500, longest: 10_000 } };
}
