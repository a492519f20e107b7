/**
 * What the gate asks of the module: to read and write what the FHIR server and the
 * client say. The other end is wasm/reactor, over core/bridge and core/binding.
 */

import type { Level, Release } from "../definition.js";
import type { Definition } from "../definition.js";
import type { Kit } from "../kit.js";
import type { Verdict } from "../issue.js";

/** How a content level is written. */
export type Content = "empty" | "id-only" | "full-resource";

/** What a gate has to know of a Subscription. */
export interface SubscriptionFacts {
  readonly id: string;
  readonly status: string;
  /** The channel's code, such as `websocket`. */
  readonly channel: string;
  /** The topic's canonical, or "". */
  readonly topic: string;
  /** Classic criteria, or "". */
  readonly criteria: string;
  readonly content: Content;
  /** Seconds; 0 where it asks for no heartbeat. */
  readonly heartbeatPeriod: number;
}

/** What a frame of the FHIR server is. */
export interface UpstreamFrame {
  readonly kind: "handshake" | "heartbeat" | "event-notification" | "query-status" | "outcome" | "pong" | "bound" | "ping" | "unknown";
  /** Ids of the Subscriptions that it is about. */
  readonly subscriptions: readonly string[];
  /** Of an outcome: the code of its first issue, ours where it has one, FHIR's otherwise. */
  readonly code: string;
  /** Of an outcome: what it says. */
  readonly text: string;
}

/** A notification to be written. */
export interface NotificationDraft {
  readonly fhir: Release;
  /** The FHIR base, as clients see it, without a slash at its end. */
  readonly base: string;
  readonly type: "handshake" | "heartbeat" | "event-notification";
  readonly subscription: string;
  readonly status: string;
  readonly topic: string;
  readonly content: Content;
  /** A UUID, the id of the status. */
  readonly id: string;
  /** An instant. */
  readonly timestamp: string;
  /** The number of the event; of other types it stands for none. */
  readonly eventNumber?: number | undefined;
  readonly eventsSinceSubscriptionStart: number;
}

/** A request that the definition allows. */
export interface ReadRequest extends Verdict {
  /** The ids that it names, none twice; undefined unless it is valid. */
  readonly ids?: readonly string[];
}

export interface StatusDraft {
  readonly fhir: Release;
  readonly base: string;
  /** The URL that was asked. */
  readonly self: string;
  readonly timestamp: string;
  readonly statuses: readonly { readonly id: string; readonly subscription: string; readonly status: string; readonly topic: string; readonly eventsSinceSubscriptionStart: number }[];
}

export interface Core {
  /** Reads a request of the operation: its body, or its query. */
  readRequest(document: string | Uint8Array, options: { fhir: Release; level: Level; definition?: Definition | undefined; query: boolean }): ReadRequest;
  /** Writes the answer, and holds it to the definition. */
  writeResponse(answer: { token: string; expiration: number; subscriptions: readonly string[]; websocketUrl: string }, options: { fhir: Release; level: Level; definition?: Definition | undefined }): string;
  /** Reads a Subscription; throws where it is none. */
  readSubscription(resource: string | Uint8Array, fhir: Release): SubscriptionFacts;
  /** Reads what a FHIR server sends. */
  readFrame(frame: string, dialect: "spec" | "medplum" | "legacy", fhir: Release): UpstreamFrame;
  /**
   * Writes a notification. `source` is what the event's resource is taken from: a frame
   * of Medplum's, a resource, or nothing.
   */
  writeNotification(draft: NotificationDraft, source?: { from: "medplum" | "resource"; text: string }): string;
  /** Writes the searchset that `$status` answers. */
  writeStatuses(draft: StatusDraft): string;
}

/** The core of a kit. */
export declare function coreOf(kit: Kit): Core;
