// What a message is, in words. All that knows FHIR or the channel is the package.

import type { NotificationVerdict, Release, ResponseVerdict, SubscriptionStatus } from "wsbind";
import { engine } from "../engine.ts";
import { memberOf, parsed } from "../json.ts";
import type { Tone } from "../ui/parts.tsx";

/** A frame or a body, read. */
interface Reading {
  readonly title: string;
  readonly tone: Tone;
  readonly verdict?: NotificationVerdict | undefined;
}

/** Reads a frame that came from the server. */
export function readFrame(text: string, fhir: Release): Reading {
  const verdict = readNotification(text, fhir);
  if (verdict) return { title: verdict.notification.statuses.map(inWords).join(", "), tone: verdict.valid ? toneOf(verdict) : "warning", verdict };
  return { title: typeOf(text) ?? "a frame that is no notification", tone: "bad" };
}

/** Reads a notification, or the answer of $events; undefined if it is none. */
export function readNotification(text: string, fhir: Release): NotificationVerdict | undefined {
  const verdict = kit()?.readNotification(text, { fhir });
  return verdict && verdict.notification.statuses.length > 0 ? verdict : undefined;
}

/** Reads the answer of $get-ws-binding-token; undefined while there is no engine. */
export function readGrant(text: string, fhir: Release): ResponseVerdict | undefined {
  const reader = kit();
  const url = reader?.describe().definitions.find(({ code, releases }) => code === "get-ws-binding-token" && releases.includes(fhir))?.url;
  return reader?.readResponse(text, { fhir, ...(url !== undefined && { definition: url }) });
}

/** Reads a frame that the client sends: the token of a bind. */
export function readBind(text: string): string | undefined {
  try {
    return kit()?.parseBind(text);
  } catch {
    return undefined; // it is no bind
  }
}

/** The event numbers of a status, in words. */
export function numbersOf({ events }: SubscriptionStatus): string {
  return inRow(events.flatMap(({ eventNumber }) => (eventNumber === null ? [] : [eventNumber])));
}

/** Event numbers as people write them: "3", "3–5", "3, 7". */
export function inRow(numbers: readonly bigint[]): string {
  const first = numbers[0];
  const last = numbers.at(-1);
  if (first === undefined || last === undefined) return "";
  if (numbers.length > 1 && last - first === BigInt(numbers.length - 1)) return `${first}–${last}`;
  return numbers.length > 4 ? `${numbers.slice(0, 4).join(", ")}…` : numbers.join(", ");
}

function inWords(status: SubscriptionStatus): string {
  const { type, events } = status;
  const word = events.length === 0 ? type : type === "event-notification" ? (events.length === 1 ? "event" : "events") : `${type}, event`;
  return [word, numbersOf(status)].filter(Boolean).join(" ");
}

function toneOf({ notification: { statuses } }: NotificationVerdict): Tone {
  if (statuses.some(({ status }) => status === "error" || status === "off")) return "warning";
  return statuses.every(({ type }) => type === "heartbeat") ? "plain" : "good";
}

function kit() {
  return engine.value.state === "ready" ? engine.value.kit : null;
}

/** The type of a resource that is no notification, for its title. */
function typeOf(text: string): string | undefined {
  const type = memberOf(parsed(text), "resourceType");
  return typeof type === "string" && /^[A-Za-z]{1,64}$/.test(type) ? type : undefined;
}
