/** How the FHIR server is reached: its base, and the gate's own credential. */

import type { WebSocketConstructor } from "../../client/socket.js";
import type { Clock } from "../../client/clock.js";
import type { Release } from "../../definition.js";
import type { Fetch } from "../../jwks.js";

/** The FHIR server behind a gate. */
export interface UpstreamOptions {
  /** What it speaks. */
  readonly dialect: "spec" | "pass" | "medplum" | "legacy";
  /** Its FHIR base, as the gate reaches it. */
  readonly base: string;
  /** The FHIR base as clients see it, in what the gate writes; default `base`. */
  readonly publicBase?: string | undefined;
  /** The release that it speaks. */
  readonly fhir: Release;
  /** The gate's own credential, such as `{ authorization: "Bearer …" }`, or a function that gives it for each request. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>) | undefined;
  /**
   * Its websocket, as the gate reaches it: required for `legacy` and `pass`, and for `medplum`
   * unless its answer is to be believed. With `spec` it stands in for the answer's
   * websocket-url; without it a ws URL is refused where the base is https.
   */
  readonly websocketUrl?: string | undefined;
  /** `legacy`: whether changed resources are read for Subscriptions that ask for more than `empty`. */
  readonly fetchResources?: boolean | undefined;
  /** How long it is tried to have a lost server back, in seconds; default 60. */
  readonly patience?: number | undefined;
  /** How long one request may take, in seconds; default 10. */
  readonly timeout?: number | undefined;
  /** What makes websockets, default the runtime's `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** What makes requests, default the runtime's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Default the system's. */
  readonly clock?: Clock | undefined;
}
