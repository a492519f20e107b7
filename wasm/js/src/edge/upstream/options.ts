/** The options of an upstream, checked and completed. */

import { checkBase, place } from "../../client/urls.js";
import type { Clock } from "../../client/clock.js";
import type { WebSocketConstructor } from "../../client/socket.js";
import type { Release } from "../../definition.js";
import { WsbindError } from "../../error.js";
import type { Fetch } from "../../jwks.js";
import { checkFetch, checkFunction, checkOneOf, readOptions, refuse, show } from "../../options.js";
import { checkSeconds } from "../limits.js";
import type { UpstreamParts } from "./parts.js";
import type { UpstreamOptions } from "./server.js";

/** The options of an upstream, every one of them known. Times are in milliseconds. */
export interface UpstreamConfig {
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
}

const optionNames: readonly (keyof UpstreamOptions)[] = [
  "dialect", "base", "publicBase", "fhir", "headers", "websocketUrl", "fetchResources", "patience", "timeout", "WebSocket", "fetch", "clock",
];

/** readUpstreamOptions refuses options that cannot be used, and completes the others. */
export function readUpstreamOptions(given: UpstreamOptions, { clock }: Pick<UpstreamParts, "clock">): UpstreamConfig {
  const options = readOptions("upstream", given, optionNames);
  const { fhir, headers, websocketUrl, fetchResources = false } = options;
  checkOneOf("upstream.fhir", fhir ?? null, ["R4", "R4B", "R5"]);
  checkOneOf("upstream.fetchResources", fetchResources, [true, false]);
  // A text in their place may be a credential.
  if (headers !== undefined && typeof headers !== "function" && typeof headers !== "object") refuse(`upstream.headers is a ${typeof headers}, an object or a function is due`);
  const base = checkBase(options.base);
  return {
    base, fhir, headers, fetchResources,
    publicBase: options.publicBase === undefined ? base : checkBase(options.publicBase),
    websocketUrl: websocketUrl === undefined ? undefined : checkSocket(websocketUrl),
    patience: checkSeconds("upstream.patience", options.patience ?? 60) * 1000,
    timeout: checkSeconds("upstream.timeout", options.timeout ?? 10) * 1000,
    WebSocket: checkFunction("upstream.WebSocket", options.WebSocket) ?? runtimeWebSocket(),
    fetch: checkFetch(options.fetch),
    clock: options.clock ?? clock,
  };
}

/** The operator's own word is not doubted: a ws URL may lead through a network of theirs. */
function checkSocket(given: unknown): string {
  if (typeof given !== "string" || !URL.canParse(given)) return refuse(`upstream.websocketUrl is ${typeof given === "string" ? place(given) : show(given)}, a ws or wss URL is due`);
  const { protocol } = new URL(given);
  return protocol === "ws:" || protocol === "wss:" ? given : refuse(`upstream.websocketUrl ${place(given)} is no ws or wss URL`);
}

function runtimeWebSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor };
  if (WebSocket !== undefined) return WebSocket;
  throw new WsbindError("no-websocket", "this runtime has no WebSocket to reach the FHIR server with: give upstream.WebSocket, such as that of the package ws");
}
