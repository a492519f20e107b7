// Gaps are filled by $events, in order, within bounds; what cannot be had is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcome } from "./bundles.mjs";
import { json } from "./fake.mjs";
import { listening, Reader, settle, setup } from "./setup.mjs";

const s = 1000;
const ranges = (list) => list.map((m) => `${m.from}-${m.to}`);
const asked = (server) => server.calls("$events").map(({ body }) => body.parameter.map((p) => Object.entries(p).find(([k]) => k !== "name").join(" ")).join(" to "));

for (const [fhir, type] of [["R4", "valueString"], ["R4B", "valueString"], ["R5", "valueInteger64"]]) {
  test(`${fhir}: a gap is filled before what shows it, with the release's type of number`, async (t) => {
    const { server, reader } = await listening(t, {}, { fhir });
    server.emit("s1", 1);
    server.emit("s1", 2, { drop: true });
    server.emit("s1", 1);
    await settle();
    assert.deepEqual(reader.numbers(), [1, 2, 3, 4]);
    assert.deepEqual(reader.notifications.map((n) => n.filled), [false, false, true, false]);
    assert.deepEqual(asked(server), [`${type} 2 to ${type} 3`]);
    const [{ url, method }] = server.calls("$events");
    assert.deepEqual([url, method], [`${server.base}/Subscription/s1/$events`, "POST"]);
    assert.deepEqual([reader.missed, reader.problems], [[], []]);
  });
}

test("a handshake after a reconnect that says 12 while 10 was the last seen", async (t) => {
  const { server, clock, make } = setup(t, { seen: { s1: 10 } });
  server.subscriptions.get("s1").count = 12;
  const client = make();
  const reader = new Reader(client);
  await clock.advance(1);
  assert.deepEqual(reader.numbers(), [11, 12]);
  assert.deepEqual(reader.types(), ["query-event", "handshake"]);
  assert.deepEqual(client.seen, { s1: "12" });
});

test("a heartbeat tells of events that never came", async (t) => {
  const { server, reader } = await listening(t);
  server.emit("s1", 2, { drop: true });
  server.heartbeat("s1");
  await settle();
  assert.deepEqual(reader.numbers(), [1, 2]);
});

test("what waits behind a gap keeps its order", async (t) => {
  const { server, reader } = await listening(t);
  let release;
  server.answer("$events", () => new Promise((resolve) => { release = resolve; }).then(() => undefined));
  server.emit("s1", 1, { drop: true });
  server.emit("s1", 3);
  await settle();
  assert.deepEqual(reader.numbers(), []);
  release();
  await settle();
  assert.deepEqual(reader.numbers(), [1, 2, 3, 4]);
});

test("the first connection begins now, or at the beginning", async (t) => {
  for (const [start, numbers] of [["now", [8]], ["beginning", [1, 2, 3, 4, 5, 6, 7, 8]]]) {
    const { server, make } = setup(t, { start });
    server.subscriptions.get("s1").count = 7;
    const reader = new Reader(make());
    await settle();
    server.emit("s1", 1);
    await settle();
    assert.deepEqual(reader.numbers(), numbers, start);
  }
});

test("seen goes through JSON into the next client", async (t) => {
  const { server, client, make } = await listening(t);
  server.emit("s1", 3);
  await settle();
  client.close();
  server.emit("s1", 2);
  await settle();
  const reader = new Reader(make({ seen: JSON.parse(JSON.stringify(client.seen)) }));
  await settle();
  assert.deepEqual(reader.numbers(), [4, 5]);
});

test("a long gap comes in pages, in order", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0n } });
  server.subscriptions.get("s1").count = 250;
  const reader = new Reader(make());
  await settle();
  assert.deepEqual(reader.numbers(), Array.from({ length: 250 }, (_, i) => i + 1));
  assert.deepEqual(asked(server), [1, 101, 201].map((n) => `valueInteger64 ${n} to valueInteger64 ${Math.min(n + 99, 250)}`));
});

test("a gap beyond the bound: the latest are asked for, the others are missed", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0 }, maxFill: 10 });
  server.subscriptions.get("s1").count = 25;
  const reader = new Reader(make());
  await settle();
  assert.deepEqual(reader.numbers(), [16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
  assert.deepEqual(ranges(reader.missed), ["1-15"]);
  assert.equal(reader.missed[0].error.code, "missed-events");
  assert.equal(reader.missed[0].subscription, "s1");
  assert.deepEqual(ranges(reader.notifications[0].missed), ["1-15"]);
});

test("nothing is asked for where maxFill is 0", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0 }, maxFill: 0 });
  server.subscriptions.get("s1").count = 3;
  const reader = new Reader(make());
  await settle();
  assert.deepEqual([server.calls("$events").length, ranges(reader.missed)], [0, ["1-3"]]);
});

test("a counter without sense costs a bounded number of requests", async (t) => {
  const { server, clock, make } = setup(t, { seen: { s1: 0 } });
  server.onBind = (socket) => server.send("s1", { type: "handshake", count: "9223372036854775807" }, socket);
  const reader = new Reader(make());
  await clock.advance(1);
  for (let i = 0; i < 200; i++) await settle();
  assert.equal(server.calls("$events").length, 100);
  assert.equal(reader.missed[0].from, 1n);
  assert.equal(reader.missed.at(-1).to, 9223372036854775807n);
  assert.equal(reader.types().at(-1), "handshake");
});

test("what the server does not keep is missed, and the rest comes", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0 } });
  Object.assign(server.subscriptions.get("s1"), { count: 6, kept: 4 });
  const reader = new Reader(make());
  await settle();
  assert.deepEqual(reader.numbers(), [4, 5, 6]);
  assert.deepEqual(ranges(reader.missed), ["1-3"]);
  assert.deepEqual(ranges(reader.notifications[0].missed), ["1-3"]);
});

test("an answer without events: all of it is missed, and told once", async (t) => {
  for (const fhir of ["R4", "R5"]) {
    const { server, make } = setup(t, { seen: { s1: 0 } }, { fhir });
    Object.assign(server.subscriptions.get("s1"), { count: 6, kept: 7 });
    const client = make();
    const reader = new Reader(client);
    await settle();
    assert.deepEqual([ranges(reader.missed), reader.types()], [["1-6"], ["handshake"]]);
    assert.deepEqual(ranges(reader.notifications[0].missed), ["1-6"]);
    server.emit("s1", 1);
    await settle();
    assert.deepEqual(reader.numbers(), [7]);
    assert.equal(reader.missed.length, 1);
  }
});

test("holes in an answer are missed, strangers and duplicates in it are left out", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0 } });
  server.subscriptions.get("s1").count = 6;
  server.answer("$events", () => json(200, server.bundle("s1", { type: "query-event", count: 6, events: [5, 2, 9, 2, 4] })));
  const reader = new Reader(make());
  await settle();
  assert.deepEqual(reader.numbers(), [2, 4, 5, 6]);
  assert.deepEqual(ranges(reader.missed), ["1-1", "3-3"]);
});

test("a server that gives fewer than it was asked for is asked for the rest", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0 } });
  server.subscriptions.get("s1").count = 4;
  server.answer("$events", () => json(200, server.bundle("s1", { type: "query-event", count: 4, events: [1, 2] })));
  const reader = new Reader(make());
  await settle();
  assert.deepEqual([reader.numbers(), server.calls("$events").length, reader.missed], [[1, 2, 3, 4], 2, []]);
});

test("a failure that may pass is tried again, then the gap is missed", async (t) => {
  for (const [times, numbers, missed] of [[7, [1, 2], []], [8, [2], ["1-1"]]]) {
    const { server, clock, reader } = await listening(t);
    server.answer("$events", () => json(503, ""), times);
    server.emit("s1", 1, { drop: true });
    server.emit("s1", 1);
    await clock.advance(90 * s);
    assert.deepEqual([reader.numbers(), ranges(reader.missed)], [numbers, missed], `${times} failures`);
  }
});

test("a server without $events: the gap is missed at once", async (t) => {
  for (const status of [400, 404, 405, 501]) {
    const { server, reader } = await listening(t);
    server.answer("$events", () => json(status, outcome("x", "no such thing")));
    server.emit("s1", 1, { drop: true });
    server.emit("s1", 1);
    await settle();
    assert.deepEqual([reader.numbers(), ranges(reader.missed)], [[2], ["1-1"]]);
    assert.match(reader.missed[0].error.message, /no such thing/);
    assert.equal(reader.missed[0].error.cause.code !== undefined, true);
  }
});

test("an answer that is too large is asked for in halves", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0 }, maxAnswer: 3000 });
  server.subscriptions.get("s1").count = 16;
  const reader = new Reader(make());
  await settle();
  assert.deepEqual(reader.numbers(), Array.from({ length: 16 }, (_, i) => i + 1));
  assert.deepEqual(reader.missed, []);
});

test("a page that cannot be read costs no more than itself", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 0 } });
  server.subscriptions.get("s1").count = 150;
  server.answer("$events", () => json(200, "{"));
  const reader = new Reader(make());
  await settle();
  assert.deepEqual(ranges(reader.missed), ["1-100"]);
  assert.deepEqual(reader.numbers(), Array.from({ length: 50 }, (_, i) => i + 101));
});

test("headers refused by $events are asked for again", async (t) => {
  let token = "stale";
  const { server, reader } = await listening(t, { headers: ({ refused }) => ({ Authorization: refused ? (token = "fresh") : token }) });
  server.answer("$events", () => json(401, ""));
  server.emit("s1", 1, { drop: true });
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.numbers(), [1, 2]);
  assert.equal(server.calls("$events").at(-1).headers.get("authorization"), "fresh");
});

test("a Subscription that was created anew: its events are news again, and the gap between is told of", async (t) => {
  const { server, clock, reader } = await listening(t);
  server.emit("s1", 5);
  await settle();
  server.subscriptions.get("s1").count = 2;
  server.sockets[0].shut(1001, "going-away");
  await clock.advance(1 * s);
  assert.deepEqual(reader.codes(), ["counter-mismatch"]);
  server.emit("s1", 2);
  await settle();
  assert.deepEqual(reader.numbers(), [1, 2, 3, 4, 5, 3, 4]);
});

test("an event beyond 53 bits is an event", async (t) => {
  const { server, make } = setup(t, { seen: { s1: "9007199254740992" } });
  server.onBind = (socket) => server.send("s1", { type: "handshake", count: "9007199254740992" }, socket);
  const client = make();
  const reader = new Reader(client);
  await settle();
  server.send("s1", { type: "event-notification", count: "9007199254740993", events: [{ number: "9007199254740993", focus: "http://x/Encounter/1" }] });
  await settle();
  assert.equal(reader.notifications.at(-1).events[0].eventNumber, 9007199254740993n);
  assert.deepEqual(client.seen, { s1: "9007199254740993" });
});
