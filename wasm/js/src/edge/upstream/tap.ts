/** Where the events of one Subscription come from: what differs between the dialects of a bridge. */

import type { Failure } from "../../client/failure.js";
import type { Core, SubscriptionFacts } from "../core.js";

/** What an event's resource is read from. */
export interface EventSource {
  readonly from: "medplum" | "resource";
  readonly text: string;
}

/** What a tap tells. */
export interface Sink {
  /** Something happened. Resolves when it was numbered and told, or never will be. */
  event(source?: EventSource): Promise<void>;
  /** The tap is dry: told once, until it is opened again. */
  lost(failure: Failure): void;
}

/** The events of one Subscription. It may be opened again after it was lost or closed. */
export interface Tap {
  /** Binds at the FHIR server; resolves when that has agreed. Rejects with a Failure. */
  open(facts: SubscriptionFacts, signal: AbortSignal): Promise<void>;
  /** Stops; nothing is told any more. */
  close(): void;
}

/** A dialect. */
export interface Dialect {
  /** Why a Subscription cannot be served, or null. */
  obstacle(facts: SubscriptionFacts): Failure | null;
  /** Makes the tap of a Subscription, which opens nothing yet. */
  tap(id: string, core: Core, sink: Sink): Tap;
  /** Ends what taps share. */
  close(): void;
}
