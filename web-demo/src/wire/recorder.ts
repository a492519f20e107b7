// The recorder: a fetch and a WebSocket that write down what passes. Everything in
// the page that speaks to a FHIR base is given them as options.

import type { Fetch, WebSocketConstructor } from "wsbind";
import type { Place } from "../fhir-base.ts";
import { settleWith } from "../world.ts";
import { recordedFetch } from "./fetch.ts";
import { settled } from "./settled.ts";
import { recordedWebSocket } from "./socket.ts";

export { clear, dropped, messages, onMessage } from "./log.ts";
export { isHeartbeat, textOf, type Kind, type Lane, type Message } from "./message.ts";
export { settled } from "./settled.ts";

/** Returns what a client is given that is to be watched. */
export function recorded(place: Place): { readonly fetch: Fetch; readonly WebSocket: WebSocketConstructor } {
  return { fetch: recordedFetch(place), WebSocket: recordedWebSocket(place) };
}

settleWith(settled);
