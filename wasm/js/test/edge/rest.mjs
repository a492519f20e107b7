// What the tests of the gate's REST share: a FHIR server that exists as a fetch only,
// and the parts of a gate in front of it, with a clock that stands still.

import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { issuer } from "wsbind";
import { statusEndpoint, tokenEndpoint, upstreamCaller, upstreamResolver } from "wsbind/edge";
import { makeKey } from "../tokens/support.mjs";

export const base = "https://gate.example/fhir";
export const upstream = "https://inside.example/R4";
export const websocketUrl = "wss://gate.example/ws";
/** 2026-03-01T12:00:00Z, and a part of a second that no token shows. */
export const noon = 1772366400;
export const key = await makeKey("ES256");

const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

/** A Subscription of R4, topic-based. */
export function subscription(id, { status = "active", type = "websocket", content = "empty" } = {}) {
  return {
    resourceType: "Subscription", id, status, reason: "test", criteria: "https://fhir.example/topic",
    channel: { type, payload: "application/fhir+json", _payload: { extension: [{ url: `${guide}backport-payload-content`, valueCode: content }] } },
  };
}

export const json = (body, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });

/**
 * A FHIR server: answers, by "METHOD /path", are functions or resources; whatever is
 * missing is 404. requests lists what it was asked.
 */
export function server(answers = {}) {
  const requests = [];
  const fetch = async (url, init) => {
    assert.equal(url.startsWith(upstream), true, url);
    const path = url.slice(upstream.length);
    requests.push({ path, ...init, headers: new Headers(init.headers) });
    const answer = answers[`${init.method} ${path}`] ?? answers[path];
    if (typeof answer === "function") return answer(url, init);
    return answer === undefined ? json({ resourceType: "OperationOutcome" }, 404) : json(answer);
  };
  return { fetch, requests };
}

/** A server that has these Subscriptions. */
export const having = (...subscriptions) => server(Object.fromEntries(subscriptions.map((one) => [`/Subscription/${one.id}`, one])));

/** An endpoint and what it tells; everything may be had otherwise. */
export function tokens({ server: { fetch } = {}, resolver = {}, ...options } = {}) {
  const events = [];
  const endpoint = tokenEndpoint({
    issuer: issuer({ key: key.jwk }), fhir: "R4", base, websocketUrl,
    authorize: upstreamCaller(), resolve: upstreamResolver({ base: upstream, fhir: options.fhir ?? "R4", fetch, ...resolver }),
    now: () => noon + 0.75, ids: () => "0a1b", observe: (event) => events.push(event),
    ...options,
  });
  return { endpoint, events };
}

/** The endpoint of $status. */
export function statuses({ server: { fetch } = {}, counts = {}, read = {}, ...options } = {}) {
  const events = [];
  let next = 0;
  const store = { count: async (name) => counts[name] ?? 0 };
  const endpoint = statusEndpoint({
    fhir: "R4", base, upstream: { base: upstream, fetch, ...read }, store, now: () => noon, ids: () => `c75657c9-51df-4e4a-9a5c-${String(next++).padStart(12, "0")}`,
    observe: (event) => events.push(event), ...options,
  });
  return { endpoint, events };
}

/** A request below the base: by Ann, unless the headers say otherwise. */
export function ask(path, { method = "POST", body, headers = {}, url = base } = {}) {
  const sent = { Authorization: "Bearer secret-of-ann", ...(body !== undefined && { "Content-Type": "application/fhir+json" }), ...headers };
  for (const [name, value] of Object.entries(sent)) if (value === undefined) delete sent[name];
  const text = body === undefined || typeof body === "string" || ArrayBuffer.isView(body) ? body : JSON.stringify(body);
  return new Request(url + path, { method, body: text, headers: sent });
}

/** Parameters that name Subscriptions. */
export const naming = (...ids) => ({ resourceType: "Parameters", parameter: ids.map((valueId) => ({ name: "id", valueId })) });

/** An OperationOutcome with a status and code; returns its first issue. */
export async function refused(response, status, code) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  const outcome = JSON.parse(text);
  assert.equal(outcome.resourceType, "OperationOutcome", text);
  assert.equal(outcome.issue[0].details.coding[0].code, code, text);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  assert.doesNotMatch(text, /secret-of-ann/);
  return outcome.issue[0];
}

/** A token that was given out: { claims, parameters }. */
export async function granted(response) {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  const { parameter } = JSON.parse(text);
  const value = (name) => Object.values(parameter.find((one) => one.name === name)).at(-1);
  return { parameter, token: value("token"), claims: decodeJwt(value("token")), subscriptions: parameter.filter(({ name }) => name === "subscription").map(({ valueString }) => valueString), expiration: value("expiration"), url: value("websocket-url") };
}

export const operation = "/Subscription/$get-ws-binding-token";
export const ofOne = (id) => `/Subscription/${id}/$get-ws-binding-token`;
