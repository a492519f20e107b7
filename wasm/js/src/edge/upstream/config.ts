/** The options of a FHIR server behind a bridge, read once. */

import type { Backoff } from "../../client/backoff.js";
import type { Clock } from "../../client/clock.js";
import type { WebSocketConstructor } from "../../client/socket.js";
import { checkBase } from "../../client/urls.js";
import type { Release } from "../../definition.js";
import { WsbindError } from "../../error.js";
import { checkFetch, refuse, show } from "../../options.js";
import type { Fetch } from "../../jwks.js";
import type { Observer } from "../observe.js";
import type { GateStore } from "../store/store.js";
import type { UpstreamParts } from "./parts.js";
import type { UpstreamOptions } from "./server.js";

/** What the parts of a bridge need. Times are in milliseconds. */
export interface BridgeConfig {
  /** Without a slash at its end, as is publicBase. */
  readonly base: string;
  readonly publicBase: string;
  readonly fhir: Release;
  readonly headers: UpstreamOptions["headers"];
  readonly websocketUrl: string | undefined;
  readonly fetchResources: boolean;
  readonly patience: number;
  readonly timeout: number;
  readonly WebSocket: WebSocketConstructor;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: Backoff;
  readonly observe: Observer;
  readonly ids: () => string;
  readonly store: GateStore;
  readonly maxBytes: number;
}

/** The pauses between attempts to have a server back. */
const pauses: Backoff = { first: 500, longest: 10_000 };

/** Reads the options of a bridge. */
export function bridgeConfig(options: UpstreamOptions, parts: UpstreamParts): BridgeConfig {
  const base = checkBase(options.base);
  const { observe, ids, store, maxBytes } = parts;
  return {
    base, observe, ids, store, maxBytes,
    publicBase: options.publicBase === undefined ? base : checkBase(options.publicBase),
    fhir: options.fhir,
    headers: options.headers,
    websocketUrl: options.websocketUrl === undefined ? undefined : checkWebsocketUrl(options.websocketUrl),
    fetchResources: options.fetchResources ?? false,
    patience: 1000 * (options.patience ?? 60),
    timeout: 1000 * (options.timeout ?? 10),
    WebSocket: options.WebSocket ?? runtimeWebSocket(),
    fetch: checkFetch(options.fetch),
    clock: options.clock ?? parts.clock,
    random: parts.random ?? Math.random,
    backoff: pauses,
  };
}

/** It is the operator's own: also one without TLS is meant. */
function checkWebsocketUrl(given: string): string {
  return /^wss?:\/\/[^\s#]+$/i.test(given) ? given : refuse(`upstream: websocketUrl is ${show(given.replace(/[?#].*/s, ""))}, a ws or wss URL is due`);
}

function runtimeWebSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found) return found;
  throw new WsbindError("no-websocket", "this runtime has no WebSocket: give the option WebSocket, such as that of the package ws");
}
