/** Writes a Subscription for a websocket, as each release has it (P§3). */

import type { Release } from "../definition.js";
import type { Resource } from "../notification.js";
import { checkOneOf, isText, readOptions, refuse, show } from "../options.js";
import { filterBy, filterText, readFilters, type SubscriptionFilter } from "./filter.js";
import { isId } from "./urls.js";

/** What is subscribed to. */
export interface WebsocketSubscriptionOptions {
  /** The release of FHIR, which decides how everything else is written. */
  readonly fhir: Release;
  /** The canonical URL of the topic, with or without `|version`. */
  readonly topic: string;
  /** How much a notification brings. Default `id-only`. */
  readonly content?: "empty" | "id-only" | "full-resource" | undefined;
  /** What events must match, all of it: searches such as `Encounter?status=finished`, percent-encoded as in a URL, or their parts. */
  readonly filters?: readonly (string | SubscriptionFilter)[] | undefined;
  /** Seconds between heartbeats. Default: none are sent. */
  readonly heartbeatPeriod?: number | undefined;
  /** Seconds that the server tries to deliver. Default: as it likes. */
  readonly timeout?: number | undefined;
  /** How many events one notification may have. Default: as the server likes. */
  readonly maxCount?: number | undefined;
  /** Why it exists, for people. R4 and R4B require a reason, and get one. */
  readonly reason?: string | undefined;
  /** When it ends: a Date, or an instant as FHIR writes it. Default: never. */
  readonly end?: Date | string | undefined;
  /** Its id, for those who create it by PUT. A server that is sent a POST gives one itself. */
  readonly id?: string | undefined;
}

const known: readonly (keyof WebsocketSubscriptionOptions)[] = [
  "fhir", "topic", "content", "filters", "heartbeatPeriod", "timeout", "maxCount", "reason", "end", "id",
];

/** The options with everything checked. */
interface Wanted {
  readonly fhir: Release;
  readonly topic: string;
  readonly content: string;
  readonly filters: readonly SubscriptionFilter[];
  readonly heartbeatPeriod: number | undefined;
  readonly timeout: number | undefined;
  readonly maxCount: number | undefined;
  readonly reason: string | undefined;
  readonly end: string | undefined;
  readonly id: string | undefined;
}

const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
const mime = "application/fhir+json";

/**
 * Makes a Subscription with a websocket channel: topic-based, in R4 and R4B as the
 * Subscriptions R5 Backport guide writes it. Whether there is such a topic, and
 * whether it may be filtered so, only the server knows.
 */
export function websocketSubscription(options: WebsocketSubscriptionOptions): Resource {
  const wanted = check(options);
  return wanted.fhir === "R5" ? r5(wanted) : backport(wanted);
}

function r5({ id, topic, content, filters, heartbeatPeriod, timeout, maxCount, reason, end }: Wanted): Resource {
  return {
    resourceType: "Subscription",
    ...(id !== undefined && { id }),
    status: "requested",
    topic,
    ...(end !== undefined && { end }),
    ...(reason !== undefined && { reason }),
    ...(filters.length > 0 && { filterBy: filters.map(filterBy) }),
    channelType: { system: "http://terminology.hl7.org/CodeSystem/subscription-channel-type", code: "websocket" },
    ...(heartbeatPeriod !== undefined && { heartbeatPeriod }),
    ...(timeout !== undefined && { timeout }),
    contentType: mime,
    content,
    ...(maxCount !== undefined && { maxCount }),
  };
}

function backport({ id, topic, content, filters, heartbeatPeriod, timeout, maxCount, reason, end }: Wanted): Resource {
  const extension = [
    ...(heartbeatPeriod === undefined ? [] : [{ url: `${guide}backport-heartbeat-period`, valueUnsignedInt: heartbeatPeriod }]),
    ...(timeout === undefined ? [] : [{ url: `${guide}backport-timeout`, valueUnsignedInt: timeout }]),
    ...(maxCount === undefined ? [] : [{ url: `${guide}backport-max-count`, valuePositiveInt: maxCount }]),
  ];
  const conditions = filters.map((filter) => ({ url: `${guide}backport-filter-criteria`, valueString: filterText(filter) }));
  return {
    resourceType: "Subscription",
    ...(id !== undefined && { id }),
    meta: { profile: [`${guide}backport-subscription`] },
    status: "requested",
    ...(end !== undefined && { end }),
    reason: reason ?? "notifications over a websocket",
    criteria: topic,
    ...(conditions.length > 0 && { _criteria: { extension: conditions } }),
    channel: {
      ...(extension.length > 0 && { extension }),
      type: "websocket",
      payload: mime,
      _payload: { extension: [{ url: `${guide}backport-payload-content`, valueCode: content }] },
    },
  };
}

/** Largest value of FHIR's unsignedInt and positiveInt. */
const maxInt = 2 ** 31 - 1;

function check(given: WebsocketSubscriptionOptions): Wanted {
  const options = readOptions("websocketSubscription", given, known);
  const { fhir, topic, content, filters, reason, id } = options;
  if (fhir === undefined) refuse("fhir is undefined, one of R4, R4B, R5 is due");
  checkOneOf("fhir", fhir, ["R4", "R4B", "R5"]);
  checkOneOf("content", content, ["empty", "id-only", "full-resource"]);
  // What is not absolute would be read as a search in R4 and R4B.
  if (!isText(topic) || !/^(urn:|[A-Za-z][A-Za-z0-9+.-]*:\/\/)\S+$/.test(topic)) refuse(`topic is ${show(topic)}, a canonical URL is due`);
  if (reason !== undefined && (!isText(reason) || reason.trim() === "")) refuse(`reason is ${show(reason)}, a text is due`);
  if (id !== undefined && (typeof id !== "string" || !isId(id))) refuse(`id is ${show(id)}, a FHIR id is due`);
  const number = (name: "heartbeatPeriod" | "timeout" | "maxCount"): number | undefined => {
    const value = options[name];
    const fits = value === undefined || (Number.isInteger(value) && value >= 1 && value <= maxInt);
    return fits ? value : refuse(`${name} is ${show(value)}, a whole number from 1 to ${maxInt} is due`);
  };
  return {
    fhir, topic, reason, id, content: content ?? "id-only",
    filters: readFilters(filters ?? []),
    heartbeatPeriod: number("heartbeatPeriod"), timeout: number("timeout"), maxCount: number("maxCount"),
    end: options.end === undefined ? undefined : checkEnd(options.end),
  };
}

function checkEnd(end: unknown): string {
  if (end instanceof Date && !Number.isNaN(end.getTime())) return end.toISOString();
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
  return typeof end === "string" && instant.test(end) && !Number.isNaN(Date.parse(end))
    ? end : refuse(`end is ${show(end)}, a Date or an instant such as 2030-01-31T12:00:00Z is due`);
}
