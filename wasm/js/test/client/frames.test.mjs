// Frames of every kind: odd ones are told, and nothing stops because of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { notification, outcome } from "./bundles.mjs";
import { listening, Reader, settle, setup } from "./setup.mjs";

const send = (server, value) => server.sockets[0].deliver(typeof value === "string" ? value : JSON.stringify(value));

test("events and heartbeats before the handshake are taken", async (t) => {
  const { server, make } = setup(t);
  server.onBind = (socket) => {
    server.heartbeat("s1");
    server.emit("s1", 1);
    server.handshake("s1", socket);
  };
  const reader = new Reader(make());
  await settle();
  assert.deepEqual(reader.types(), ["heartbeat", "event-notification", "handshake"]);
  assert.deepEqual(reader.numbers(), [1]);
  assert.deepEqual(reader.problems, []);
});

test("a server that sends events and no handshake is put up with", async (t) => {
  const { server, clock, make } = setup(t, { bindTimeout: 5 });
  server.onBind = () => server.emit("s1", 1);
  const client = make();
  const reader = new Reader(client);
  await clock.advance(6000);
  assert.equal(client.state, "bound");
  assert.deepEqual(reader.numbers(), [1]);
  assert.deepEqual(reader.problems.map((p) => [p.error.code, p.subscription]), [["timeout", "s1"]]);
});

test("several events in one Bundle, with old ones among them and out of order", async (t) => {
  const { server, reader } = await listening(t);
  server.emit("s1", 2);
  server.subscriptions.get("s1").count = 5;
  server.send("s1", { type: "event-notification", count: 5, events: [5, 2, 4, 3] });
  await settle();
  assert.deepEqual(reader.numbers(), [1, 2, 3, 4, 5]);
  assert.deepEqual(reader.notifications.at(-1).events.map((e) => e.eventNumber), [3n, 4n, 5n]);
});

test("duplicates are dropped, without a word", async (t) => {
  const { server, reader } = await listening(t);
  server.emit("s1", 1);
  for (let i = 0; i < 3; i++) server.send("s1", { type: "event-notification", count: 1, events: [1] });
  await settle();
  assert.deepEqual(reader.types(), ["handshake", "event-notification"]);
  assert.deepEqual(reader.problems, []);
});

const odd = [
  ["no JSON", "hello", "invalid-json"],
  ["an empty frame", "", "invalid-json"],
  ["a JSON value that is no resource", "[1]", "wrong-json-type"],
  ["another resource", { resourceType: "Patient" }, "wrong-resource-type"],
  ["a Bundle without a status", { resourceType: "Bundle", type: "subscription-notification", entry: [{ fullUrl: "http://x/Patient/1", resource: { resourceType: "Patient" } }] }, null],
  ["a message of another protocol", { type: "pong" }, null],
  ["an OperationOutcome about something else", outcome("slow-reader", "hurry up"), "slow-reader"],
  ["an OperationOutcome in words that nobody knows", outcome("moonphase", "hm"), "unavailable"],
  ["a lone surrogate", "\ud800", null],
];
for (const [name, frame, code] of odd) {
  test(`no notification: ${name}`, async (t) => {
    const { server, reader, client } = await listening(t);
    send(server, frame);
    server.emit("s1", 1);
    await settle();
    assert.equal(reader.problems.length, 1);
    const [{ error, text }] = reader.problems;
    if (code) assert.equal(error.code, code);
    assert.equal(text, typeof frame === "string" ? frame : JSON.stringify(frame));
    assert.deepEqual(reader.numbers(), [1]);
    assert.equal(client.state, "bound");
  });
}

test("binary frames are told and not read", async (t) => {
  const { server, reader } = await listening(t);
  server.sockets[0].deliver(new ArrayBuffer(8));
  server.sockets[0].deliver(new Blob(["x"]));
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.codes(), ["binary-frame", "binary-frame"]);
  assert.deepEqual(reader.numbers(), [1]);
});

test("a frame that is too large is not read, and its events come from $events", async (t) => {
  const { server, reader } = await listening(t, { maxFrame: 2000 });
  const bundle = server.bundle("s1", { type: "event-notification", count: 1, events: [1] });
  bundle.entry[1].fullUrl += "?".padEnd(3000, "x");
  server.subscriptions.get("s1").count = 1;
  send(server, bundle);
  await settle();
  assert.deepEqual(reader.codes(), ["frame-too-large"]);
  server.heartbeat("s1");
  await settle();
  assert.deepEqual(reader.numbers(), [1]);
});

test("a notification of a Subscription that the token does not cover is told, and not handed over", async (t) => {
  const { server, reader } = await listening(t, {}, { ids: ["s1", "s2"] });
  server.send("s2", { type: "event-notification", count: 1, events: [1] }, server.sockets[0]);
  await settle();
  assert.deepEqual(reader.codes(), ["unknown-subscription"]);
  assert.deepEqual(reader.types(), ["handshake"]);
});

test("a token that names no Subscriptions covers what comes", async (t) => {
  const { server, make } = setup(t, { subscriptions: [] });
  server.grant = ((grant) => (g) => grant.call(server, { ...g, ids: [] }))(server.grant);
  const reader = new Reader(make());
  await settle();
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.numbers(), [1]);
  assert.deepEqual(reader.problems, []);
});

/** A notification as one well-known server writes it: an R4 history whose entries have no request. */
function withoutRequests(server) {
  const bundle = notification({ fhir: "R4", base: server.base, id: "s1", type: "event-notification", count: 1, events: [1] });
  for (const entry of bundle.entry) delete entry.request;
  return bundle;
}

test("an invalid notification is handed over with its issues, and told", async (t) => {
  const { server, reader } = await listening(t, {}, { fhir: "R4" });
  send(server, withoutRequests(server));
  await settle();
  const last = reader.notifications.at(-1);
  assert.deepEqual([last.valid, last.events.length], [false, 1]);
  assert.ok(last.issues.some((i) => i.code === "missing-request"));
  assert.deepEqual(reader.codes(), ["missing-request"]);
  assert.deepEqual(reader.problems[0].error.issues, last.issues);
});

test("what is not tolerated counts as never received: $events is asked instead", async (t) => {
  const { server, reader } = await listening(t, { tolerate: ["missing-profile"] }, { fhir: "R4" });
  server.subscriptions.get("s1").count = 1;
  send(server, withoutRequests(server));
  await settle();
  assert.deepEqual(reader.numbers(), []);
  assert.match(reader.problems[0].error.message, /not handed over/);
  server.heartbeat("s1");
  await settle();
  assert.deepEqual(reader.numbers(), [1]);
  assert.deepEqual(reader.notifications.map((n) => n.filled), [false, true, false]);
});

test("what is named is tolerated", async (t) => {
  const { server, reader } = await listening(t, { tolerate: ["missing-request"] }, { fhir: "R4" });
  send(server, withoutRequests(server));
  await settle();
  assert.deepEqual(reader.numbers(), [1]);
});

test("heartbeats that a server merges into one Bundle are taken apart", async (t) => {
  const { server, reader } = await listening(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"], fhir: "R4B" });
  const [one, two] = ["s1", "s2"].map((id) => server.bundle(id, { type: "heartbeat", count: 0 }));
  send(server, { ...one, entry: [...one.entry, ...two.entry] });
  await settle();
  assert.deepEqual(reader.notifications.slice(2).map((n) => [n.type, n.subscription]), [["heartbeat", "s1"], ["heartbeat", "s2"]]);
});

test("a Subscription that a token could not bind any more is found out", async (t) => {
  const { server, clock, make } = setup(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"] });
  server.onBind = (socket) => {
    server.handshake("s1", socket);
    if (!server.subscriptions.has("s2")) return;
    server.subscriptions.delete("s2");
    server.outcome("unknown-subscription", "Subscription/s2 could not be bound", socket);
  };
  const client = make({ bindTimeout: 5 });
  const reader = new Reader(client);
  await clock.advance(6000);
  assert.equal(client.state, "bound");
  assert.ok(reader.problems.some((p) => p.subscription === "s2" && p.error.code === "not-found"), JSON.stringify(reader.codes()));
  assert.equal(server.calls("$get-ws-binding-token").at(-1).id, "s1");
});
