/** What a client tells: the notifications it hands over, and the events it dispatches. */

import type { WsbindError } from "../error.js";
import type { Issue } from "../issue.js";
import type { NotificationVerdict } from "../judging.js";
import type { NotificationEvent, StatusError, SubscriptionStatus } from "../notification.js";
import type { EventRange } from "./gaps.js";

/** A notification that was checked, and whose events were not handed over before. */
export interface ReceivedNotification {
  /** `handshake`, `heartbeat`, `event-notification`, `query-status` or `query-event`. */
  readonly type: string;
  /** The id of the Subscription. */
  readonly subscription: string;
  /** The Subscription's status, such as `active`. */
  readonly status: string;
  /** The canonical URL of its topic, or "". */
  readonly topic: string;
  /** How many events there were so far; null where the notification does not say. */
  readonly eventsSinceSubscriptionStart: bigint | null;
  /** Its events that are new, in the order of their numbers. Handshakes and heartbeats seldom have any. */
  readonly events: readonly NotificationEvent[];
  /** Events that were counted before these and that the server could not give any more. */
  readonly missed: readonly EventRange[];
  /** True if it is an answer of `$events` that fills a gap, and did not come over the websocket. */
  readonly filled: boolean;
  /** Why the Subscription is in error. */
  readonly errors: readonly StatusError[];
  /** False if the Bundle has errors that were tolerated: see the option `tolerate`. */
  readonly valid: boolean;
  /** Everything found in the Bundle. */
  readonly issues: readonly Issue[];
  /** The Bundle, as it came. */
  readonly text: string;
}

/** Something that went wrong while the client goes on. */
export interface ClientProblem {
  /** What it is; `error.issues` lists what is wrong with a document. */
  readonly error: WsbindError;
  /** The Subscription concerned, where one is. */
  readonly subscription: string | null;
  /** The frame, or the answer, where one was at fault. It is patient data, maybe. */
  readonly text: string | null;
}

/** Events that were counted, and that neither the websocket nor `$events` gave. */
export interface MissedEvents extends EventRange {
  /** The id of the Subscription. */
  readonly subscription: string;
  /** Why; its code is `missed-events`. */
  readonly error: WsbindError;
}

/**
 * What a client is doing: `connecting` from the request for a token to the first
 * handshake, `bound` while notifications come, `waiting` before it tries again
 * or for a slow consumer, `closed` at the end.
 */
export type ClientState = "idle" | "connecting" | "bound" | "waiting" | "closed";

/** A change of the state. */
export interface StateChange {
  /** The state from now on. */
  readonly state: ClientState;
  /** Why the client waits, or why it was closed; none if it was told to. */
  readonly reason?: WsbindError | undefined;
  /** Seconds until the next try, where the client waits. */
  readonly retryIn?: number | undefined;
}

/** Why the client ended. */
export interface ClientClose {
  /** What will not heal; none if the client was told to end. */
  readonly reason?: WsbindError | undefined;
}

/** The events of a client by their types, with the type of their `detail`. */
export interface ClientEventMap {
  /** A notification, just before it is handed over. */
  notification: ReceivedNotification;
  /** Something is wrong, and the client goes on. */
  problem: ClientProblem;
  /** Events are lost. */
  missed: MissedEvents;
  /** The client does something else from now on. */
  state: StateChange;
  /** The last event. */
  close: ClientClose;
}

/**
 * Where the steps are: `idle` before there is a token, `granted` with one, `open`
 * once the socket is, `bound` when the server has accepted a token on it, `closed`
 * when the socket has ended.
 */
export type StepsState = "idle" | "granted" | "open" | "bound" | "closed";

/** A frame that is a notification: as it came, whether it is valid or not. */
export interface StepsNotification {
  /** What was found in the Bundle. */
  readonly verdict: NotificationVerdict;
  /** What it says of each Subscription, and what an {@link EventTracker} takes. */
  readonly statuses: readonly SubscriptionStatus[];
  /** The Bundle, as it came. */
  readonly text: string;
  /** False where an earlier notification of the binding, or another connection, may have told of later events. */
  readonly alone: boolean;
}

/** A socket that ended. */
export interface StepsClose {
  /** Why; none if `close` was called. */
  readonly reason?: WsbindError | undefined;
  /** The server's close code (RFC 6455), where it said goodbye. */
  readonly code?: number | undefined;
}

/** A change of the state. */
export interface StepsStateChange {
  /** The state from now on. */
  readonly state: StepsState;
}

/** The events of a {@link SubscriptionSteps} by their types, with the type of their `detail`. */
export interface StepsEventMap {
  /** A notification came. */
  notification: StepsNotification;
  /** Another frame came, such as an OperationOutcome, or a notification that no token covers. */
  problem: ClientProblem;
  /** The socket ended. */
  close: StepsClose;
  /** The next step is another one. */
  state: StepsStateChange;
}

/** An event of a client; what it is about is its `detail`. */
export class ClientEvent<T> extends Event {
  /** What the event is about. */
  readonly detail: T;

  /** Made by the package alone. CustomEvent would do, but not every runtime has it. */
  constructor(type: string, detail: T) {
    super(type);
    this.detail = detail;
  }
}
