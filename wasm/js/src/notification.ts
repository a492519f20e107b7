/** A resource, as it stood in the Bundle. */
export interface Resource {
  /** The name of its type. */
  readonly resourceType: string;
  /** Whatever else it has. */
  readonly [member: string]: unknown;
}

/** A resource that an event is about. */
export interface Focus {
  /** Its URL, as the status names it. */
  readonly url: string;
  /** The resource itself, where the Bundle brings it (content level `full-resource`), or null. */
  readonly resource: Resource | null;
}

/** One event of a notification. */
export interface NotificationEvent {
  /** Its number within the Subscription, from 1; null where the status does not say. */
  readonly eventNumber: bigint | null;
  /** When it happened, as FHIR writes instants, or "". */
  readonly timestamp: string;
  /** What happened to the focus, "" where the Bundle does not say. */
  readonly interaction: "" | "create" | "update" | "delete";
  /** What the event is about; null with the content level `empty`. */
  readonly focus: Focus | null;
  /** Other resources that the topic promises. */
  readonly additionalContext: readonly Focus[];
}

/** A reason why a Subscription is in error. */
export interface StatusError {
  /** The system of the code, or "". */
  readonly system: string;
  /** The code, or "". */
  readonly code: string;
  /** The code in words, or "". */
  readonly display: string;
}

/** What a notification says of one Subscription. */
export interface SubscriptionStatus {
  /** The id of the status itself, or "". */
  readonly id: string;
  /** `handshake`, `heartbeat`, `event-notification`, `query-status` or `query-event`. */
  readonly type: string;
  /** The Subscription, as a reference. */
  readonly subscription: string;
  /** The Subscription's status, such as `active` or `error`. */
  readonly status: string;
  /** The canonical URL of its topic, or "". */
  readonly topic: string;
  /** How many events there were; null where the status does not say. */
  readonly eventsSinceSubscriptionStart: bigint | null;
  /** The events of this notification. */
  readonly events: readonly NotificationEvent[];
  /** Why the Subscription is in error. */
  readonly errors: readonly StatusError[];
}

/** A notification Bundle, or the answer of `$status`, as far as it can be made out. */
export interface Notification {
  /** The id of the Bundle, or "". */
  readonly id: string;
  /** When it was put together, as FHIR writes instants, or "". */
  readonly timestamp: string;
  /** True for a searchset, as `$status` answers, with a status for each Subscription. */
  readonly searchset: boolean;
  /** One, but for a searchset. */
  readonly statuses: readonly SubscriptionStatus[];
}

/** The counters of a notification as they cross the wire: strings, since they have 64 bits. */
interface Wire {
  statuses: {
    eventsSinceSubscriptionStart: string | bigint | null;
    events: { eventNumber: string | bigint | null }[];
  }[];
}

/**
 * readCounters makes the counters of a notification numbers, in place. One that
 * was too large to be looked at says nothing.
 */
export function readCounters(notification: object | undefined): Notification {
  if (notification === undefined) return { id: "", timestamp: "", searchset: false, statuses: [] };
  for (const status of (notification as Wire).statuses) {
    status.eventsSinceSubscriptionStart = counter(status.eventsSinceSubscriptionStart);
    for (const event of status.events) event.eventNumber = counter(event.eventNumber);
  }
  return notification as Notification;
}

function counter(text: string | bigint | null): bigint | null {
  return text === null ? null : BigInt(text);
}
