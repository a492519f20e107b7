/**
 * What the gate asks of the module: to read and write what the FHIR server and the
 * client say. The other end is wasm/reactor, over core/bridge and core/binding.
 */

import { sourceOf, type Definition, type Level, type Release } from "../definition.js";
import type { Engine } from "../engine.js";
import { head } from "../instance.js";
import type { Verdict } from "../issue.js";
import { engineOf, type Kit } from "../kit.js";
import { refuse } from "../options.js";

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

/** R5's own definition of the operation; of the other releases the guide's is the module's default. */
const R5_DEFINITION = "http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token";

/** How many heads are kept. A gate has one release, few levels, and one definition. */
const MAX_HEADS = 32;

const noDocument = new Uint8Array();

/** What the module says of a request. */
interface RequestAnswer extends Verdict {
  readonly request?: { readonly subscriptions: readonly string[] };
}

/** The core of a kit. What it throws is always a {@link WsbindError}. */
export function coreOf(kit: Kit): Core {
  const engine = engineOf(kit);
  const heads = new Map<string, Uint8Array>();

  /** Heads that repeat are encoded once. */
  function headOf(options: object): Uint8Array {
    const key = JSON.stringify(options);
    let known = heads.get(key);
    if (known === undefined) {
      if (heads.size === MAX_HEADS) heads.clear();
      heads.set(key, (known = head(options)));
    }
    return known;
  }

  return {
    readRequest(document, { fhir, level, definition, query }) {
      const options = { ...named(engine, definition, fhir), fhir, level, query, read: true };
      const { valid, issues, request } = engine.call("validate_request", headOf(options), document) as RequestAnswer;
      return request === undefined ? { valid, issues } : { valid, issues, ids: request.subscriptions };
    },
    writeResponse({ token, expiration, subscriptions, websocketUrl }, { fhir, level, definition }) {
      const options = { ...named(engine, definition, fhir), fhir, level };
      const document = JSON.stringify({ token, expiration, subscriptions, websocketUrl });
      return (engine.call("write_response", headOf(options), document) as { response: string }).response;
    },
    readSubscription(resource, fhir) {
      return engine.call("read_subscription", headOf({ fhir }), resource) as SubscriptionFacts;
    },
    readFrame(frame, dialect, fhir) {
      return engine.call("read_frame", headOf({ dialect, fhir }), frame) as UpstreamFrame;
    },
    writeNotification(draft, source) {
      const options = head({ ...only(draft, ofDraft), from: source?.from });
      return (engine.call("write_notification", options, source?.text ?? noDocument) as { notification: string }).notification;
    },
    writeStatuses({ fhir, base, self, timestamp, statuses }) {
      const document = JSON.stringify(statuses.map((status) => only(status, ofStatus)));
      return (engine.call("write_statuses", head({ fhir, base, self, timestamp }), document) as { statuses: string }).statuses;
    },
  };
}

/** The members that the module knows: it refuses others. */
const ofDraft: readonly (keyof NotificationDraft)[] = [
  "fhir", "base", "type", "subscription", "status", "topic", "content", "id", "timestamp", "eventNumber", "eventsSinceSubscriptionStart",
];
const ofStatus: readonly (keyof StatusDraft["statuses"][number])[] = ["id", "subscription", "status", "topic", "eventsSinceSubscriptionStart"];

/** Members of an object, and no others. */
function only<T extends object>(object: T, names: readonly (keyof T & string)[]): object {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

/** The option by which the module finds a definition; a handle is good for the live instance only. */
function named(engine: Engine, definition: Definition | undefined, fhir: Release): object {
  if (definition === undefined) return fhir === "R5" ? { definition: R5_DEFINITION } : {};
  const source = sourceOf(definition);
  return source === undefined ? refuse("definition is an object that define did not return: call kit.define with it first") : { handle: engine.handle(source) };
}
