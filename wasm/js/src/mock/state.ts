// What the management interface shows of a tenant, and what a test does to it.

import type { Release } from "../definition.js";

/** A clock, as it stands. */
export interface ClockState {
  /** The time. */
  readonly now: Date;
  /** Whether it stands still until it is advanced. */
  readonly virtual: boolean;
  /** Whether clients follow it too. */
  readonly shared: boolean;
}

/** Everything that a test may want to look at. There are no tokens in it. */
export interface State {
  /** Each base with its Subscriptions and sockets. */
  readonly fhir: readonly BaseState[];
  /** Whatever else there is. */
  readonly [member: string]: unknown;
}

/** One FHIR base. */
export interface BaseState {
  /** Its release. */
  readonly fhir: Release;
  /** Its URL. */
  readonly base: string;
  /** How many resources there are, by type. */
  readonly resources: { readonly [type: string]: number };
  /** The Subscriptions in the order of their creation. */
  readonly subscriptions: readonly SubscriptionState[];
  /** Where tokens are bound. */
  readonly websocketUrl: string;
  /** The open websockets, oldest first. */
  readonly sockets: readonly SocketState[];
}

/** One Subscription. */
export interface SubscriptionState {
  /** Its id. */
  readonly id: string;
  /** Its status. */
  readonly status: string;
  /** Its topic, where it has one. */
  readonly topic?: string;
  /** Its criteria, where it has no topic. */
  readonly criteria?: string;
  /** Its content level. */
  readonly content: string;
  /** How many events there were since it was created. */
  readonly events: number;
  /** How many of them `$events` has. */
  readonly kept: number;
  /** On how many sockets it is bound. */
  readonly bound: number;
}

/** One websocket. */
export interface SocketState {
  /** Its number within the base. */
  readonly socket: number;
  /** When it was opened. */
  readonly opened: string;
  /** The other side's address. */
  readonly remote: string;
  /** What is bound on it. */
  readonly bound: readonly BindingState[];
  /** How many frames were sent. */
  readonly frames: number;
  /** How many bytes wait for the client. */
  readonly queued: number;
  /** Why it is being closed, if it is. */
  readonly closing?: string;
}

/** A Subscription that is bound on a websocket, and the token that holds it. */
export interface BindingState {
  /** The Subscription. */
  readonly subscription: string;
  /** When the token expires. */
  readonly expires: string;
  /** The token's id. */
  readonly jti?: string;
  /** The caller that it was issued to. */
  readonly subject?: string;
}

/** Events that a test makes: `subscription` or `topic` is due. */
export interface Emission {
  /** The Subscription that gets them, by its id. */
  readonly subscription?: string | undefined;
  /** The topic, by its canonical: every active Subscription to it gets them. */
  readonly topic?: string | undefined;
  /** What they are about, such as `Encounter/1`; default the latest resource that fits. */
  readonly focus?: string | undefined;
  /** What is said to have happened to it; default `update`. */
  readonly interaction?: "create" | "update" | "delete" | undefined;
  /** How many each Subscription gets; default 1. */
  readonly count?: number | undefined;
  /** The base, where several have the id or the topic. */
  readonly fhir?: Release | undefined;
}

/** Which events a Subscription got. */
export interface Emitted {
  /** The base. */
  readonly fhir: Release;
  /** The Subscription. */
  readonly subscription: string;
  /** The number of the first. */
  readonly first: number;
  /** The number of the last. */
  readonly last: number;
}

/** What is revoked: one of `jti`, `subscription` and `subject`. */
export interface Revocation {
  /** A token, by its id. */
  readonly jti?: string | undefined;
  /** Every token for a Subscription. */
  readonly subscription?: string | undefined;
  /** Every token of a caller: the name in its binding tokens, or its bearer token. */
  readonly subject?: string | undefined;
  /** The base; default all. */
  readonly fhir?: Release | undefined;
}
