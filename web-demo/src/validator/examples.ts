// Documents to begin with, good and bad. All of them are made up. A test holds each
// to what it promises.

import type { Code } from "wsbind";
import { CUSTOM, type Work } from "./work.ts";

/** A document, and what comes of it. */
export interface Example {
  readonly title: string;
  /** What is to be seen, in a sentence. */
  readonly about: string;
  /** The code of the first issue; null for a document without any. */
  readonly code: Code | null;
  readonly work: Work;
}

/** Signed with a key that nobody keeps; it expires when the answers below say so. */
const TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjIwMzAtMDEiLCJ0eXAiOiJmaGlyLXdzLWJpbmRpbmcrand0In0.eyJpc3MiOiJodHRwczovL2NsaW5pYy5leGFtcGxlL2ZoaXIvUjUiLCJhdWQiOiJ3c3M6Ly9jbGluaWMuZXhhbXBsZS93cyIsImlhdCI6MTg5MzQ5OTIwMCwiZXhwIjoxODkzNDk5NTAwLCJqdGkiOiI1ZDFmN2EwZS03YzNhLTRiMzUtOGE3ZS0yZjBiOWM0MWQ2YWEiLCJzdWJzY3JpcHRpb24iOlsid2FyZC0zIl19.HN9ulJtOtg1Utns0dvbw7iB2fK2ftzYizzzn6i3ftoOfwKIVeno0hYfTCtCNp7PBXflWqOZSEr7DALtYnhwpEg";

const response: Work = { kind: "response", fhir: "R5", level: "type", query: false, operation: "get-ws-binding-token", definition: "", document: "" };
const request: Work = { ...response, kind: "request" };
const notification: Work = { ...response, kind: "notification" };

const token = { name: "token", valueString: TOKEN };
const expiration = { name: "expiration", valueDateTime: "2030-01-01T12:05:00Z" };
const subscription = { name: "subscription", valueString: "ward-3" };
const websocketUrl = { name: "websocket-url", valueUrl: "wss://clinic.example/ws" };

/** An operation of one's own, with a parameter that has parts. */
export const customDefinition = json({
  resourceType: "OperationDefinition",
  url: "https://clinic.example/OperationDefinition/rename-wards",
  name: "RenameWards",
  status: "draft",
  kind: "operation",
  code: "rename-wards",
  resource: ["Location"],
  affectsState: true,
  system: false,
  type: true,
  instance: false,
  parameter: [
    {
      name: "ward", use: "in", min: 1, max: "*", documentation: "A ward and its new name.",
      part: [
        { name: "location", use: "in", min: 1, max: "1", type: "Reference", documentation: "The ward." },
        { name: "title", use: "in", min: 1, max: "1", type: "string", documentation: "How it is called from now on." },
        { name: "from", use: "in", min: 0, max: "1", type: "date", documentation: "From when on; today if left out." },
      ],
    },
    { name: "renamed", use: "out", min: 1, max: "1", type: "integer", documentation: "How many wards were renamed." },
  ],
});

/** The examples, those without issues first. */
export const examples: readonly Example[] = [
  {
    title: "Response, R5", about: "What a server answers to $get-ws-binding-token: a token, until when, for what, and where to connect.", code: null,
    work: { ...response, document: parameters(token, expiration, subscription, websocketUrl) },
  },
  {
    title: "Response, R4", about: "The same by the guide that brings subscriptions to R4.", code: null,
    work: { ...response, fhir: "R4", document: parameters(token, expiration, subscription, websocketUrl) },
  },
  {
    title: "Request with two ids", about: "One token for two Subscriptions.", code: null,
    work: { ...request, document: parameters({ name: "id", valueId: "ward-3" }, { name: "id", valueId: "ward-4" }) },
  },
  {
    title: "Query of a GET", about: "The guide's operation changes nothing, so it can be asked by GET.", code: null,
    work: { ...request, fhir: "R4", query: true, document: "id=ward-3&id=ward-4" },
  },
  {
    title: "Handshake, R5", about: "The first notification after a bind: it proves that the way is open.", code: null,
    work: { ...notification, document: bundle("subscription-notification", status("handshake", "0", [])) },
  },
  {
    title: "Event, id-only, R5", about: "An event that names what it is about and does not bring it along.", code: null,
    work: { ...notification, document: bundle("subscription-notification", status("event-notification", "7", [event("7")])) },
  },
  {
    title: "Event, id-only, R4", about: "R4 has no SubscriptionStatus: a Parameters says the same in a history Bundle.", code: null,
    work: { ...notification, fhir: "R4", document: bundleR4("7") },
  },
  {
    title: "A URL that is no websocket", about: "FHIR asks for a url here, and https is one: valid, but no client can connect to it.", code: null,
    work: { ...response, document: parameters(token, expiration, subscription, { name: "websocket-url", valueUrl: "https://clinic.example/ws" }) },
  },
  {
    title: "Expiration of another type", about: "A string where a dateTime is due: clients look for valueDateTime.", code: "wrong-value-type",
    work: { ...response, document: parameters(token, { name: "expiration", valueString: "2030-01-01T12:05:00Z" }, subscription, websocketUrl) },
  },
  {
    title: "No expiration", about: "A client cannot tell when to ask for the next token.", code: "missing-parameter",
    work: { ...response, document: parameters(token, subscription, websocketUrl) },
  },
  {
    title: "Expiration without seconds", about: "A FHIR dateTime with a time has seconds and an offset.", code: "invalid-primitive",
    work: { ...response, document: parameters(token, { name: "expiration", valueDateTime: "2030-01-01T12:05" }, subscription, websocketUrl) },
  },
  {
    title: "Two websocket URLs", about: "The definition allows one.", code: "too-many-parameters",
    work: { ...response, document: parameters(token, expiration, subscription, websocketUrl, { name: "websocket-url", valueUrl: "wss://spare.clinic.example/ws" }) },
  },
  {
    title: "Token as a number", about: "A string is written in quotes.", code: "wrong-json-type",
    work: { ...response, document: parameters({ name: "token", valueString: 4711 }, expiration, subscription, websocketUrl) },
  },
  {
    title: "Comma at the end", about: "JavaScript allows it, JSON does not: nothing can be read.", code: "invalid-json",
    work: { ...response, document: parameters(token, expiration, subscription, websocketUrl).replace(/\n {2}\]/, ",\n  ]") },
  },
  {
    title: "Request with a misspelt parameter", about: "It is id, not ids: a server that ignores it hands out a token for everything.", code: "unknown-parameter",
    work: { ...request, document: parameters({ name: "ids", valueId: "ward-3" }) },
  },
  {
    title: "Event without a counter", about: "Valid, but a client cannot see from it what it missed.", code: "missing-element",
    work: { ...notification, document: bundle("subscription-notification", status("event-notification", undefined, [event("7")])) },
  },
  {
    title: "Event in a history Bundle, R5", about: "History is what R4 uses; R5 has a type of its own.", code: "wrong-bundle-type",
    work: { ...notification, document: bundle("history", status("event-notification", "7", [event("7")])) },
  },
  {
    title: "A definition of your own", about: "Any OperationDefinition will do, with parts as well. Here a ward has no title.", code: "missing-parameter",
    work: {
      ...request, operation: CUSTOM, definition: customDefinition,
      document: parameters({ name: "ward", part: [{ name: "location", valueReference: { reference: "Location/ward-3" } }, { name: "from", valueDate: "2030-01-01" }] }),
    },
  },
];

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function parameters(...parameter: object[]): string {
  return json({ resourceType: "Parameters", parameter });
}

function event(eventNumber: string): object {
  return { eventNumber, timestamp: "2030-01-01T12:01:30Z", focus: { reference: "https://clinic.example/fhir/R5/Encounter/e-1207" } };
}

function status(type: string, eventsSinceSubscriptionStart: string | undefined, notificationEvent: object[]): object {
  return {
    resourceType: "SubscriptionStatus", id: "8a1f6c52-2d74-4f0e-9b7a-51c1a6c0e2d7", status: "active", type, eventsSinceSubscriptionStart,
    ...(notificationEvent.length > 0 && { notificationEvent }),
    subscription: { reference: "https://clinic.example/fhir/R5/Subscription/ward-3" },
    topic: "https://clinic.example/SubscriptionTopic/admissions",
  };
}

function bundle(type: string, resource: object): string {
  const fullUrl = "urn:uuid:8a1f6c52-2d74-4f0e-9b7a-51c1a6c0e2d7";
  return json({ resourceType: "Bundle", id: "n-1207", type, timestamp: "2030-01-01T12:01:31Z", entry: [{ fullUrl, resource }] });
}

function bundleR4(eventNumber: string): string {
  const structures = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
  const base = "https://clinic.example/fhir/R4";
  const part = [
    { name: "event-number", valueString: eventNumber }, { name: "timestamp", valueInstant: "2030-01-01T12:01:30Z" },
    { name: "focus", valueReference: { reference: `${base}/Encounter/e-1207` } },
  ];
  const parameter = [
    { name: "subscription", valueReference: { reference: `${base}/Subscription/ward-3` } },
    { name: "topic", valueCanonical: "https://clinic.example/SubscriptionTopic/admissions" },
    { name: "status", valueCode: "active" }, { name: "type", valueCode: "event-notification" },
    { name: "events-since-subscription-start", valueString: eventNumber }, { name: "notification-event", part },
  ];
  const id = "8a1f6c52-2d74-4f0e-9b7a-51c1a6c0e2d7";
  const resource = { resourceType: "Parameters", id, meta: { profile: [`${structures}backport-subscription-status-r4`] }, parameter };
  const entry = { fullUrl: `urn:uuid:${id}`, resource, request: { method: "GET", url: `${base}/Subscription/ward-3/$status` }, response: { status: "200" } };
  return json({
    resourceType: "Bundle", id: "n-1207", meta: { profile: [`${structures}backport-subscription-notification-r4`] },
    type: "history", timestamp: "2030-01-01T12:01:31Z", entry: [entry],
  });
}
