/** What a gate tells its operator. */

import type { Code } from "../codes.js";

/** The kinds of {@link GateEvent}. */
export type GateEventName =
  | "token-issued"
  | "token-refused"
  | "request-failed"
  | "socket-opened"
  | "socket-refused"
  | "socket-closed"
  | "bound"
  | "bind-refused"
  | "unbound"
  | "revoked"
  | "upstream-opened"
  | "upstream-lost"
  | "upstream-refused"
  | "notification"
  | "notification-refused"
  | "fetch-empty"
  | "store-failed";

/** Something that happened. It never holds a token. */
export interface GateEvent {
  /** What. */
  readonly event: GateEventName;
  /** Why, where there is a reason. */
  readonly code?: Code | undefined;
  /** A sentence about it, where there is one. */
  readonly detail?: string | undefined;
  /** The number of the socket, counted from 1 in this instance. */
  readonly socket?: number | undefined;
  /** The token's name. */
  readonly jti?: string | undefined;
  /** The name of the key that it is signed with. */
  readonly kid?: string | undefined;
  /** Which Subscriptions it is about. */
  readonly subscriptions?: readonly string[] | undefined;
}

/** Takes what happens. What it throws is ignored, and nobody waits for it. */
export type Observer = (event: GateEvent) => void;

/** Tells an observer, if there is one. What it throws, at once or later, harms nobody. */
export function tell(observe: Observer | undefined, event: GateEvent): void {
  try {
    const told: unknown = observe?.(event);
    if (typeof told === "object") Promise.resolve(told).catch(() => {});
  } catch {
    // It has nobody else to be told to.
  }
}
