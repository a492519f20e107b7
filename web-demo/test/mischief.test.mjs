// What of mischief needs no browser: the journal in words, the form of a fault, the
// search.

import assert from "node:assert/strict";
import { test } from "node:test";
import { faultNames } from "wsbind/mock";
import { importTS } from "./bundle.mjs";

const { details, events, tell, waits } = await importTS("../src/mischief/words.ts");
const { brief, sentence } = await importTS("../src/ui/words.ts");
const { draftOf, readDraft, type } = await importTS("../src/mischief/draft.ts");
const { layers, search, suggestions } = await importTS("../src/mischief/catalogue.ts");
const { append } = await importTS("../src/mischief/happenings.ts");
const { gather } = await importTS("../src/mischief/gather.ts");

const id = "442f19a2-c577-8690-932c-e0eaaa6acf6a";
const told = [
  [{ kind: "request", interaction: "$get-ws-binding-token", subscriptions: [id], status: 200, verdict: "ok" }, "client", "asked for a binding token for Subscription 442f19a2…: answered 200"],
  [{ kind: "request", interaction: "$events", subscriptions: ["a"], events: [3, 4, 5], status: 200 }, "client", "asked $events of Subscription a, got events 3 to 5: answered 200"],
  [{ kind: "request", interaction: "$status", subscriptions: ["a"], status: 503, retryAfter: 7 }, "client", "asked $status of Subscription a: answered 503, to be repeated after 7 s"],
  [{ kind: "request", interaction: "create", resource: `Subscription/${id}`, status: 201 }, "client", "created Subscription/442f19a2…: answered 201"],
  [{ kind: "request", interaction: "search-type", resource: "SubscriptionTopic", status: 200 }, "client", "searched for SubscriptionTopic: answered 200"],
  [{ kind: "request", method: "PATCH", path: "/fhir/R5/x", status: 405 }, "client", "PATCH /fhir/R5/x: answered 405"],
  [{ kind: "open", status: 101, socket: 2 }, "client", "opened websocket 2"],
  [{ kind: "open", status: 503 }, "client", "tried to open a websocket: answered 503"],
  [{ kind: "received", type: "bind", socket: 1, subscriptions: ["a", "b", "c", "d", "e"] }, "client", "showed a token for Subscription a, b, c and 2 more on websocket 1"],
  [{ kind: "received", type: "unknown", socket: 1 }, "client", "sent a frame that nobody knows on websocket 1"],
  [{ kind: "sent", type: "event-notification", socket: 1, events: [3], subscriptions: ["a"] }, "server", "sent event 3 of Subscription a on websocket 1"],
  [{ kind: "sent", type: "handshake", socket: 1, subscriptions: ["a"] }, "server", "sent the handshake notification of Subscription a on websocket 1"],
  [{ kind: "withheld", type: "event-notification", socket: 1, events: [1, 4], subscriptions: ["a"] }, "server", "kept events 1, 4 of Subscription a from the client on websocket 1"],
  [{ kind: "unbound", socket: 1, subscriptions: ["a", "b"], verdict: "expired-token" }, "server", "ended the binding of Subscription a and b on websocket 1: expired-token"],
  [{ kind: "close", socket: 1, by: "client", code: 1000 }, "server", "websocket 1 was closed by the client with code 1000"],
  [{ kind: "close", socket: 1, by: "nobody" }, "server", "lost websocket 1 without a close frame"],
  [{ kind: "command", type: "revoke", subscriptions: ["a"] }, "test", "the tokens for Subscription a were revoked"],
  [{ kind: "command", type: "advance", detail: "the clock moves forward by 1m0s" }, "test", "the clock moves forward by 1m0s"],
];

for (const [entry, side, text] of told) {
  test(`an entry in words: ${text}`, () => assert.deepEqual(tell(entry), { side, text, why: "" }));
}

test("what was refused says why, once", () => {
  assert.equal(tell({ kind: "received", type: "bind", socket: 1, verdict: "expired-token", detail: "the token has expired" }).why, "expired-token: the token has expired");
  assert.equal(tell({ kind: "close", socket: 1, by: "server", code: 1008, reason: "expired-token", verdict: "expired-token" }).why, "");
});

test("event numbers, ids and sentences are short", () => {
  assert.deepEqual([[], [2], [2, 3], [1, 2, 3, 4, 5, 7]].map(events), ["an event-notification", "event 2", "events 2 to 3", "events 1, 2, 3, 4, 5 …"]);
  assert.deepEqual(["s1", id].map(brief), ["s1", "442f19a2…"]);
  assert.deepEqual(["it bound", "It bound."].map(sentence), ["It bound.", "It bound."]);
});

test("a planned fault says what it waits for", () => {
  assert.equal(waits({ id: 1, fault: "gap", left: 1, struck: 0 }, "event"), "at the next event-notification");
  assert.equal(waits({ id: 1, fault: "unavailable", on: "$events", left: 3, after: 2, struck: 0 }, "operation"), "3 more times, first at the next $events, once 2 have passed");
  assert.equal(waits({ id: 1, fault: "gap", probability: 0.125, struck: 4 }, "event"), "by chance, 12.5 % of the time, until it is taken back");
  assert.equal(details({ fault: "close-after-handshake", code: 4001, subscription: "s1" }), "code 4001, Subscription s1");
});

test("a form is read, and keeps what is typed", () => {
  const fault = { fault: "too-many-requests", options: ["on", "seconds"] };
  assert.deepEqual(readDraft(fault, draftOf(fault.fault)), { spec: { fault: fault.fault }, wrong: {} });
  type(fault.fault, { times: "2", seconds: "0.5", on: "$events", code: "400", probability: "0.5" });
  assert.deepEqual(readDraft(fault, draftOf(fault.fault)).spec, { fault: fault.fault, times: 2, on: "$events", seconds: 0.5 });
  type(fault.fault, { when: "chance" });
  assert.deepEqual(readDraft(fault, draftOf(fault.fault)).spec, { fault: fault.fault, probability: 0.5, on: "$events", seconds: 0.5 });
  type(fault.fault, { when: "queued", times: "2.5", seconds: "soon" });
  assert.deepEqual(Object.keys(readDraft(fault, draftOf(fault.fault)).wrong), ["times", "seconds"]);
  assert.deepEqual(Object.keys(readDraft(fault, { ...draftOf("gap"), when: "chance" }).wrong), ["probability"]);
});

test("the catalogue is searched by layer and by every word", () => {
  const one = { fault: "gap", layer: "notification", point: "event", does: "loses an event-notification", tests: "a client notices" };
  const other = { fault: "unavailable", layer: "operation", point: "operation", does: "answers 503", tests: "a client waits" };
  const names = (layer, text) => search([one, other], layer, text).map(({ fault }) => fault);
  assert.deepEqual(names("", " "), ["gap", "unavailable"]);
  assert.deepEqual(names("operation", "CLIENT"), ["unavailable"]);
  assert.deepEqual(names("", "client loses"), ["gap"]);
  assert.equal(layers.length, 4);
});

test("what is worth trying first is in the catalogue", () => {
  for (const { fault } of suggestions) assert.ok(faultNames.includes(fault), fault);
});

test("the journal keeps the latest, and begins anew with the numbers", () => {
  const of = (...numbers) => numbers.map((n) => ({ n }));
  assert.deepEqual(append(of(1, 2), of(3, 4), 3), of(2, 3, 4));
  assert.deepEqual(append(of(1, 2), of(3, 1, 2), 9), of(1, 2));
  assert.deepEqual(append(of(7, 8), of(1), 9), of(1));
  assert.deepEqual(append([], of(1, 2), 9), of(1, 2));
});

test("work is gathered, and done again for what came meanwhile", async () => {
  let end;
  const begun = [];
  const begin = () => new Promise((resolve) => begun.push(resolve));
  const first = begin();
  let next = begin();
  const ask = gather(() => (begun.shift()(), new Promise((resolve) => { end = resolve; })), 0);
  ask();
  ask();
  await first;
  ask(); // while it is done
  assert.equal(begun.length, 1);
  end();
  await next;
  assert.equal(begun.length, 0);
  end();
});
