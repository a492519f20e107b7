// What stands in a journal: mockserver/journal/entry.go and query.go in Go.

import type { Release } from "../definition.js";

/**
 * What an entry is about: `request` an HTTP request with its answer, `open` the
 * opening handshake of a websocket, `received` a frame from the client, `sent` one
 * that was written to the network, `withheld` one that a fault kept from the
 * client, `unbound` Subscriptions that are bound no more on a socket, `close` the
 * end of a websocket, `command` something that a test did to the server.
 */
export type EntryKind = "request" | "open" | "received" | "sent" | "withheld" | "unbound" | "close" | "command";

/**
 * One thing that happened between clients and the server. What does not apply is
 * absent. No bearer token and no binding token is ever in one: callers are named
 * by a hash, tokens by their `jti`.
 */
export interface Entry {
  /** Counts from 1 within a tenant. */
  readonly n: number;
  /** When it happened by the tenant's clock. */
  readonly time: string;
  /** When it happened by the wall's clock. */
  readonly real: string;
  /** When a request or an opening handshake came in by the wall's clock; `real` is when it was answered. */
  readonly arrived?: string;
  /** What it is about. */
  readonly kind: EntryKind;

  /** The release of the base. */
  readonly fhir?: Release;
  /** Who called, by the name that stands in binding tokens. */
  readonly caller?: string;
  /** The websocket, counted from 1 within a base. */
  readonly socket?: number;
  /** The ids that it is about: those of the token that was issued or bound, that of a notification, of `$events` and of `$status`. */
  readonly subscriptions?: readonly string[];

  /** Names the binding token that was issued, or shown on a socket. */
  readonly jti?: string;
  /** When that token expires. */
  readonly expires?: string;
  /** The websocket that it is for; of an opening handshake, the URL that was opened. */
  readonly websocketUrl?: string;
  /** Of a request or an opening handshake. */
  readonly method?: string;
  /** Of a request or an opening handshake. */
  readonly path?: string;
  /** Of a request or an opening handshake, without what may be a token. */
  readonly query?: string;
  /** The HTTP status of the answer; 101 of an opening handshake that succeeded. */
  readonly status?: number;
  /** FHIR's code (`read`, `vread`, `create`, `update`, `delete`, `search-type`, `capabilities`), the name of an operation with its dollar sign, or `jwks`. */
  readonly interaction?: string;
  /** `Type` or `Type/ID`. */
  readonly resource?: string;
  /** What the answer asked the client to wait, in seconds. */
  readonly retryAfter?: number;

  /** The dialect of the socket. */
  readonly dialect?: string;
  /**
   * Of a frame: FHIR's type of a notification, `outcome` for an OperationOutcome,
   * or else what the frame does: `bind`, `bind-colon`, `bind-json`, `unbind`,
   * `ping`, `pong`, `unknown`.
   */
  readonly type?: string;
  /** The event numbers in a frame, or in the answer of `$events`. */
  readonly events?: readonly number[];
  /** The frame's `eventsSinceSubscriptionStart`. */
  readonly total?: number;
  /** `Type/ID`, one for each event that has one. */
  readonly focus?: readonly string[];
  /** Bytes of the frame, or of the body of the answer. */
  readonly bytes?: number;
  /** The frame, tokens replaced by their `jti`, cut where it is long. */
  readonly text?: string;

  /** The code of the close frame, where there was one. */
  readonly code?: number;
  /** The reason in the close frame. */
  readonly reason?: string;
  /** Who ended the socket. */
  readonly by?: "client" | "server" | "nobody";

  /** `ok`, or the code of what was wrong with what the client did. */
  readonly verdict?: string;
  /** The sentence that the client was told. */
  readonly detail?: string;
  /** The names of the faults that were injected into it. */
  readonly faults?: readonly string[];
}

/** Chooses entries: those that fit every member that is given. */
export interface Query {
  /** Only entries with a larger number. */
  readonly after?: number | undefined;
  /** Only the latest so many. */
  readonly limit?: number | undefined;
  /** What they are about. */
  readonly kind?: EntryKind | undefined;
  /** The release. */
  readonly fhir?: Release | undefined;
  /** The caller's name in the journal. */
  readonly caller?: string | undefined;
  /** The id of a Subscription. */
  readonly subscription?: string | undefined;
  /** The number of a websocket. */
  readonly socket?: number | undefined;
  /** The type of frames. */
  readonly type?: string | undefined;
  /** The interaction of requests. */
  readonly interaction?: string | undefined;
  /** The name of a fault that was injected. */
  readonly fault?: string | undefined;
  /** True chooses only entries whose verdict is not `ok`. */
  readonly bad?: boolean | undefined;
}
