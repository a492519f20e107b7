// What the gate asks of the module, and every vector of schemas/vectors about it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { load, WsbindError } from "wsbind";
import { coreOf } from "../node_modules/wsbind/dist/edge/core.js";

const kit = await load();
const core = coreOf(kit);
const GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token";
const R5 = "http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token";

/** The cases of a kind of vectors. */
function vectors(kind) {
  const folder = new URL(`../../../../schemas/vectors/${kind}/`, import.meta.url);
  return readdirSync(folder).filter((name) => name.endsWith(".json")).flatMap((name) => JSON.parse(readFileSync(new URL(name, folder))).cases);
}

function throws(code, action) {
  assert.throws(action, (err) => err instanceof WsbindError && err.code === code && err.message !== "");
}

/** A Parameters document with ids. */
const naming = (...ids) => JSON.stringify({ resourceType: "Parameters", parameter: ids.map((id) => ({ name: "id", valueId: id })) });

test("every vector of a Subscription", () => {
  for (const { name, fhir, document, subscription, code } of vectors("subscription")) {
    if (code === undefined) assert.deepEqual(core.readSubscription(document, fhir), subscription, name);
    else throws(code, () => core.readSubscription(document, fhir));
  }
});

test("every vector of a frame", () => {
  for (const { name, dialect, fhir, frame, kind, subscriptions, code = "", text = "", draft, written = {}, refused = {} } of vectors("bridge")) {
    assert.deepEqual(core.readFrame(frame, dialect, fhir), { kind, subscriptions, code, text }, name);
    const source = kind === "event-notification" ? { from: "medplum", text: frame } : undefined;
    for (const [content, bundle] of Object.entries(written)) {
      assert.equal(core.writeNotification({ ...draft, fhir, content }, source), bundle, `${name}, ${content}`);
      assert.ok(kit.validateNotification(bundle, { fhir }).valid, name);
    }
    for (const [content, refusal] of Object.entries(refused)) throws(refusal, () => core.writeNotification({ ...draft, fhir, content }, source));
  }
});

test("a resource that was read becomes an event", () => {
  const draft = {
    fhir: "R5", base: "https://gate.example/fhir", type: "event-notification", subscription: "s1", status: "active", topic: "", content: "full-resource",
    id: "63c28e8a-f402-43e4-beb2-75b1c0f6833f", timestamp: "2026-01-02T03:04:05Z", eventNumber: 2, eventsSinceSubscriptionStart: 2,
    channel: "websocket", criteria: "Patient", heartbeatPeriod: 0, // as it is spread from what was read
  };
  const text = '{ "resourceType": "Patient", "id": "p1", "extension": [{ "url": "http://example.org/n", "valueDecimal": 1.00 }] }';
  const bundle = core.writeNotification(draft, { from: "resource", text });
  assert.ok(bundle.includes(`"fullUrl":"https://gate.example/fhir/Patient/p1","resource":${text}`));
  throws("invalid-code", () => core.writeNotification({ ...draft, status: "" }, { from: "resource", text }));
  throws("upstream-refused", () => core.writeNotification(draft, { from: "medplum", text: '{"type":"pong"}' }));
});

test("a request is read by its definition", () => {
  for (const fhir of ["R4", "R4B", "R5"]) {
    const body = { fhir, level: "type", query: false };
    assert.deepEqual(core.readRequest(naming("a", "b", "a"), body), { valid: true, issues: [], ids: ["a", "b"] });
    assert.deepEqual(core.readRequest(new TextEncoder().encode(naming("a")), body).ids, ["a"]);
    assert.deepEqual(core.readRequest("", body).ids, []);
    assert.deepEqual(core.readRequest("id=a&id=b", { ...body, query: true }).ids, ["a", "b"]);
    const refused = core.readRequest(naming("a_b"), body);
    assert.deepEqual([refused.valid, refused.ids, refused.issues[0].code], [false, undefined, "invalid-primitive"]);
    assert.equal(core.readRequest("x=1", { ...body, query: true }).valid, false);
  }
  const only = { name: "id", _valueId: { extension: [{ url: "http://example.org/x", valueCode: "x" }] } };
  const nothing = core.readRequest(JSON.stringify({ resourceType: "Parameters", parameter: [only] }), { fhir: "R4", level: "type", query: false });
  assert.deepEqual([nothing.valid, nothing.issues.map(({ code }) => code)], [false, ["missing-value"]]);
});

test("an answer is held to its definition", () => {
  const answer = { token: "a.b.c", expiration: 1767355200, subscriptions: ["a", "b"], websocketUrl: "wss://gate.example/ws", jti: "not told" };
  for (const [fhir, url] of [["R4", GUIDE], ["R4B", GUIDE], ["R5", R5]]) {
    for (const definition of [undefined, kit.builtIn(url)]) {
      for (const level of ["type", "instance"]) {
        const text = core.writeResponse(answer, { fhir, level, definition });
        const { valid, response } = kit.readResponse(text, { fhir, level, definition: url });
        assert.ok(valid);
        assert.deepEqual({ ...response, expiration: +response.expiration / 1000, jti: "not told" }, answer);
      }
    }
  }
  throws("invalid-call", () => core.writeResponse({ ...answer, websocketUrl: "a b" }, { fhir: "R4", level: "type" }));
  throws("invalid-option", () => core.writeResponse(answer, { fhir: "R4", level: "type", definition: {} }));
  assert.ok(core.writeResponse(answer, { fhir: "R4", level: "type" }).includes("a.b.c"), "after that the module lives");
});

test("a definition of the caller's own holds for what is read and written", () => {
  const { parameter, ...rest } = JSON.parse(readFileSync(new URL("../../../../schemas/definitions/backport-1.0.0/get-ws-binding-token.json", import.meta.url)));
  const named = parameter.map((p) => (p.use === "in" ? { ...p, min: 1 } : p));
  const definition = kit.define(JSON.stringify({ ...rest, parameter: named }));
  const options = { fhir: "R4", level: "type", query: false, definition };
  assert.deepEqual(core.readRequest("", options).issues.map(({ code }) => code), ["missing-parameter"]);
  assert.deepEqual(core.readRequest(naming("a"), options).ids, ["a"]);
});

test("$status has a status for each Subscription", () => {
  const statuses = [1, 2].map((n) => ({ id: `63c28e8a-f402-43e4-beb2-75b1c0f6833${n}`, subscription: `s${n}`, status: "active", topic: "", eventsSinceSubscriptionStart: n, channel: "websocket" }));
  for (const fhir of ["R4", "R4B", "R5"]) {
    const self = "https://gate.example/fhir/Subscription/$status";
    const text = core.writeStatuses({ fhir, base: "https://gate.example/fhir", self, timestamp: "2026-01-02T03:04:05Z", statuses });
    const { valid, notification } = kit.readNotification(text, { fhir });
    assert.ok(valid);
    assert.deepEqual(notification.statuses.map((s) => [s.subscription, s.eventsSinceSubscriptionStart]), [["https://gate.example/fhir/Subscription/s1", 1n], ["https://gate.example/fhir/Subscription/s2", 2n]]);
    assert.equal(JSON.parse(core.writeStatuses({ fhir, base: "", self, timestamp: "", statuses: [] })).total, 0);
  }
});

test("more definitions than heads are kept", () => {
  const document = readFileSync(new URL("../../../../schemas/definitions/backport-1.0.0/get-ws-binding-token.json", import.meta.url), "utf8");
  const definitions = Array.from({ length: 40 }, () => kit.define(document));
  for (const definition of [...definitions, ...definitions]) {
    assert.deepEqual(core.readRequest(naming("s1"), { fhir: "R4", level: "type", query: false, definition }).ids, ["s1"]);
  }
});
