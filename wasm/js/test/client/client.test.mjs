// What a client does, under virtual time and against a server in memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SubscriptionClient, WsbindError } from "wsbind";
import { json } from "./fake.mjs";
import { kit, listening, Reader, settle, setup } from "./setup.mjs";

for (const fhir of ["R4", "R4B", "R5"]) {
  test(`${fhir}: a token is asked for, bound, and events come once each`, async (t) => {
    const { server, reader, client } = await listening(t, {}, { fhir });
    assert.equal(client.state, "bound");
    server.emit("s1", 3);
    await settle();
    assert.deepEqual(reader.types(), ["handshake", "event-notification", "event-notification", "event-notification"]);
    assert.deepEqual(reader.numbers(), [1, 2, 3]);
    const [, first] = reader.notifications;
    assert.equal(first.events[0].focus.url, `${server.base}/Encounter/e1`);
    assert.deepEqual([first.valid, first.filled, first.missed, first.status, first.subscription], [true, false, [], "active", "s1"]);
    assert.equal(JSON.parse(first.text).resourceType, "Bundle");
    assert.deepEqual(server.sockets[0].sent, ["bind-with-token secret.1.x"]);
    assert.deepEqual(reader.problems, []);
    assert.deepEqual(reader.states, ["connecting", "bound"]);
  });
}

const levels = [
  ["one Subscription", { subscriptions: ["s1"] }, "/Subscription/s1/$get-ws-binding-token", undefined],
  ["one at the type level", { subscriptions: ["s1"], level: "type" }, "/Subscription/$get-ws-binding-token", [{ name: "id", valueId: "s1" }]],
  ["two Subscriptions", { subscriptions: ["s1", "s2"] }, "/Subscription/$get-ws-binding-token", [{ name: "id", valueId: "s1" }, { name: "id", valueId: "s2" }]],
  ["no ids", { subscriptions: [] }, "/Subscription/$get-ws-binding-token", undefined],
];
for (const [name, options, path, parameter] of levels) {
  test(`the operation is called at the right level: ${name}`, async (t) => {
    const { server, client } = await listening(t, options, { ids: ["s1", "s2"] });
    const [call] = server.calls("$get-ws-binding-token");
    assert.equal(call.url, server.base + path);
    assert.deepEqual(call.body, { resourceType: "Parameters", ...(parameter && { parameter }) });
    assert.deepEqual([call.headers.get("accept"), call.headers.get("content-type")], ["application/fhir+json", "application/fhir+json"]);
    assert.equal(client.state, "bound");
  });
}

test("the release is read from the CapabilityStatement where it is not given", async (t) => {
  for (const fhir of ["R4", "R4B", "R5"]) {
    const { server, client } = await listening(t, { fhir: undefined }, { fhir });
    assert.equal(server.calls("metadata").length, 1);
    assert.equal(client.state, "bound");
  }
});

test("a base that is none of ours is told so", async (t) => {
  const { server, make } = setup(t, { fhir: undefined });
  server.answer("metadata", () => json(200, { resourceType: "CapabilityStatement", fhirVersion: "3.0.2" }));
  const reader = new Reader(make());
  await settle();
  assert.equal(reader.error.code, "malformed-request");
  assert.match(reader.error.message, /"3\.0\.2"/);
});

test("bad options are refused, and named", () => {
  const good = { base: "http://h/fhir", WebSocket: class {} };
  const bad = {
    base: "nowhere", fhir: "R3", subscriptions: "s1", level: "system", start: "later", seen: { a: -1 }, renewAfter: 2, timeout: 0,
    heartbeatPeriod: true, heartbeatTolerance: 0, maxQueued: 1.5, maxFill: -1, tolerate: "some", allowWs: "yes", fetch: 1, WebSocket: "ws", base2: 1,
  };
  for (const [name, value] of Object.entries(bad)) {
    assert.throws(() => new SubscriptionClient({ ...good, [name]: value }),
      (err) => err instanceof WsbindError && err.code === "invalid-option" && err.message.includes(name), name);
  }
  for (const options of [undefined, null, 7]) assert.throws(() => new SubscriptionClient(options), { code: "invalid-option" });
  for (const id of ["Subscription/1", "..", "", 7]) assert.throws(() => new SubscriptionClient({ ...good, subscriptions: [id] }), { code: "invalid-option" });
  assert.throws(() => new SubscriptionClient({ ...good, level: "instance", subscriptions: [] }), { code: "invalid-option" });
  for (const last of ["x", 1.5, null, "-1", NaN]) assert.throws(() => new SubscriptionClient({ ...good, seen: { a: last } }), { code: "invalid-option" });
});

test("without a WebSocket it says what to do", () => {
  const had = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  if (had) Object.defineProperty(globalThis, "WebSocket", { value: undefined, configurable: true, writable: true });
  try {
    assert.throws(() => new SubscriptionClient({ base: "http://h/fhir" }), (err) => err.code === "no-websocket" && err.message.includes('import { WebSocket } from "ws"'));
  } finally {
    if (had) Object.defineProperty(globalThis, "WebSocket", had);
  }
});

test("nothing is sent before somebody listens", async (t) => {
  const { server, make } = setup(t);
  const client = make();
  await settle();
  assert.equal(server.requests.length, 0);
  assert.equal(client.state, "idle");
});

test("events alone: start, and no loop", async (t) => {
  const { server, make, clock } = setup(t);
  const client = make();
  const reader = new Reader(client, { loop: false });
  const numbers = [];
  client.addEventListener("notification", ({ detail, type }) => {
    assert.equal(type, "notification");
    numbers.push(...detail.events.map((e) => e.eventNumber));
  });
  client.start();
  client.start();
  await settle();
  server.emit("s1", 2);
  await settle();
  assert.deepEqual(numbers, [1n, 2n]);
  assert.deepEqual(client.seen, { s1: "2" });
  assert.equal(server.sockets.length, 1);
  client.close();
  assert.equal(await client.closed, undefined);
  await settle();
  assert.deepEqual(reader.states, ["connecting", "bound", "closed"]);
  assert.equal(clock.pending, 0, "no timer is left");
});

const endings = {
  close: (client) => client.close(),
  "the signal": (client, controller) => controller.abort(),
};
for (const [name, end] of Object.entries(endings)) {
  test(`${name} ends the loop without an error, and everything else`, async (t) => {
    const controller = new AbortController();
    const { server, reader, client, clock } = await listening(t, { signal: controller.signal });
    const closes = [];
    client.addEventListener("close", (e) => closes.push(e.detail.reason));
    end(client, controller);
    await settle();
    assert.deepEqual([reader.ended, reader.error, client.state], [true, null, "closed"]);
    assert.deepEqual(closes, [undefined]);
    assert.equal(server.open.length, 0);
    assert.equal(clock.pending, 0);
    assert.equal(await client.closed, undefined);
    client.close();
    assert.equal(closes.length, 1, "it ends once");
  });
}

test("a signal that is aborted already sends nothing", async (t) => {
  const { server, make } = setup(t, { signal: AbortSignal.abort() });
  const reader = new Reader(make());
  await settle();
  assert.deepEqual([reader.ended, reader.error, server.requests.length], [true, null, 0]);
});

for (const stage of ["the token", "the opening", "the bind", "the wait"]) {
  test(`close while ${stage} is under way leaves nothing behind`, async (t) => {
    const { server, make, clock } = setup(t);
    if (stage === "the token") server.answer("$get-ws-binding-token", () => new Promise(() => {}));
    if (stage === "the opening") server.onOpen = () => "hang";
    if (stage === "the bind") server.onBind = () => {};
    if (stage === "the wait") server.answer("$get-ws-binding-token", () => json(503, ""));
    const client = make();
    const reader = new Reader(client);
    await settle();
    client.close();
    await settle();
    assert.deepEqual([reader.ended, reader.error, clock.pending, server.open.length], [true, null, 0, 0]);
  });
}

test("break closes, and what was at hand is not handled", async (t) => {
  const { server, make, clock } = setup(t);
  const client = make();
  const looped = (async () => {
    for await (const n of client) if (n.events[0]?.eventNumber === 2n) break;
  })();
  await settle();
  server.emit("s1", 3);
  await settle();
  await looped;
  await settle();
  assert.deepEqual([client.state, server.open.length, clock.pending], ["closed", 0, 0]);
  assert.deepEqual(client.seen, { s1: "1" });
});

test("a second loop is refused while the first goes on, and a loop after the end ends", async (t) => {
  const { make } = setup(t);
  const client = make();
  const first = new Reader(client);
  await settle();
  assert.throws(() => client[Symbol.asyncIterator](), { code: "invalid-call" });
  client.close();
  await first.done;
  for await (const n of client) assert.fail(`nothing is due, ${n.type} came`);
});

test("several Subscriptions on one socket are counted apart", async (t) => {
  const { server, reader } = await listening(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"] });
  server.emit("s1", 2);
  server.emit("s2", 1);
  server.emit("s1", 1, { drop: true });
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.numbers("s1"), [1, 2, 3, 4]);
  assert.deepEqual(reader.numbers("s2"), [1]);
  assert.equal(server.calls("$events").length, 1);
});

test("headers go with every call, those of a function too", async (t) => {
  const asked = [];
  const { server } = await listening(t, { headers: async (request) => (asked.push(request), { Authorization: "Bearer me" }) });
  server.emit("s1", 1, { drop: true });
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(server.requests.map((r) => [r.call, r.headers.get("authorization")]),
    [["$get-ws-binding-token", "Bearer me"], ["read", "Bearer me"], ["$events", "Bearer me"]]);
  assert.deepEqual(asked.map((r) => r.refused), [false, false, false]);
  assert.deepEqual(asked.map((r) => r.call), ["$get-ws-binding-token", "the Subscription", "$events"]);
});

test("redirects are not followed: headers are sent nowhere else", async (t) => {
  const { server, make } = setup(t, { headers: { Authorization: "Bearer me" } });
  server.answer("$get-ws-binding-token", (request) => {
    assert.equal(request.init.redirect, "manual");
    return new Response(null, { status: 307, headers: { Location: "https://other.example/" } });
  });
  const reader = new Reader(make());
  await settle();
  assert.equal(reader.error.code, "connection-failed");
  assert.match(reader.error.message, /redirect/);
});

test("a kit may be a promise, and one that cannot be had ends the client", async (t) => {
  const { client } = await listening(t, { kit: Promise.resolve(kit) });
  assert.equal(client.state, "bound");
  const { make } = setup(t, { kit: Promise.reject(new WsbindError("incompatible-module", "no")) });
  const reader = new Reader(make());
  await settle();
  assert.equal(reader.error.code, "incompatible-module");
});
