// Several Subscriptions on one socket: what befalls one does not harm the others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./fake.mjs";
import { listening, Reader, settle, setup } from "./setup.mjs";

const s = 1000;
const two = ["s1", "s2"];

/** A gap in s1, which shows. */
function gap(server) {
  server.emit("s1", 1, { drop: true });
  server.emit("s1", 1);
}

test("a gap that takes its time to be filled does not hold up other Subscriptions", async (t) => {
  for (const slow of [() => new Promise(() => {}), () => json(503, ""), () => json(429, "", { "Retry-After": "20" })]) {
    const { server, clock, reader } = await listening(t, { subscriptions: two }, { ids: two });
    server.answer("$events", slow);
    gap(server);
    server.emit("s2", 2);
    server.emit("s1", 1);
    server.heartbeat("s2");
    await settle();
    assert.deepEqual([reader.numbers("s1"), reader.numbers("s2")], [[], [1, 2]], "s2 goes on");
    assert.equal(reader.types().at(-1), "heartbeat");
    await clock.advance(40 * s);
    assert.deepEqual([reader.numbers("s1"), reader.missed], [[1, 2, 3], []], "s1 keeps its order");
  }
});

test("a gap after every reconnect: $events is asked once at a time", async (t) => {
  const ids = Array.from({ length: 30 }, (_, i) => `s${i + 1}`);
  const { server, clock, make } = setup(t, { subscriptions: ids, seen: Object.fromEntries(ids.map((id) => [id, 0])) }, { ids });
  for (const id of ids) server.subscriptions.get(id).count = 1;
  let [open, most] = [0, 0];
  server.answer("$events", async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
  }, 100);
  const warnings = [];
  const warn = (warning) => warnings.push(warning);
  process.on("warning", warn);
  t.after(() => process.off("warning", warn));
  const reader = new Reader(make());
  for (let i = 0; i < 30; i++) await clock.advance(1);
  assert.deepEqual([most, server.calls("$events").length, warnings], [1, 30, []]);
  for (const id of ids) assert.deepEqual(reader.numbers(id), [1]);
});

test("what waits behind a gap counts as waiting; nothing is lost", async (t) => {
  const { server, clock, make } = setup(t, { subscriptions: two, maxQueued: 3 }, { ids: two });
  const client = make();
  const reader = new Reader(client);
  await settle();
  server.answer("$events", () => json(503, ""), 2);
  gap(server);
  server.emit("s1", 5);
  server.emit("s2", 1);
  await settle();
  assert.equal(client.state, "waiting");
  await clock.advance(60 * s);
  assert.deepEqual([reader.numbers("s1"), reader.numbers("s2"), client.state], [[1, 2, 3, 4, 5, 6, 7], [1], "bound"]);
});

test("close while a gap is being filled, and while others wait for it", async (t) => {
  const { server, clock, client, reader } = await listening(t, { subscriptions: two }, { ids: two });
  server.answer("$events", () => new Promise(() => {}), 2);
  for (const id of two) {
    server.emit(id, 1, { drop: true });
    server.emit(id, 1);
  }
  await settle();
  assert.equal(server.calls("$events").length, 1);
  client.close();
  await settle();
  assert.deepEqual([reader.ended, reader.error, clock.pending, server.calls("$events").length], [true, null, 0, 1]);
});

for (const how of ["a close", "a frame"]) {
  test(`one of several that is gone has the bind refused, by ${how}: the others go on`, async (t) => {
    const ids = ["s1", "s2", "s3"];
    const { server, clock, make } = setup(t, { subscriptions: ids }, { ids });
    const { onBind } = server;
    server.onBind = (socket) => {
      server.onBind = onBind;
      server.subscriptions.delete("s2");
      server.outcome("unknown-subscription", "Subscription/s2 is gone", socket);
      if (how === "a close") socket.shut(1008, "unknown-subscription");
    };
    const client = make();
    const reader = new Reader(client);
    await clock.advance(5 * s);
    assert.deepEqual([client.state, reader.error], ["bound", null]);
    assert.ok(reader.problems.some((p) => p.subscription === "s2" && p.error.code === "not-found"));
    assert.deepEqual(server.calls("$get-ws-binding-token").at(-1).parameters.map((p) => p.valueId), ["s1", "s3"]);
  });
}

test("a socket that is closed because of one of several: the others go on", async (t) => {
  const { server, clock, client } = await listening(t, { subscriptions: two }, { ids: two });
  server.subscriptions.delete("s2");
  server.sockets[0].shut(1008, "unknown-subscription");
  await clock.advance(5 * s);
  assert.equal(client.state, "bound");
});

test("which one is gone cannot be read for now: that is no reason to give up", async (t) => {
  const { server, clock, make } = setup(t, { subscriptions: two }, { ids: ["s1"] });
  server.answer("read", () => json(503, ""), 2);
  const client = make();
  const reader = new Reader(client);
  await clock.advance(5 * s);
  assert.deepEqual([client.state, reader.error], ["bound", null]);
  assert.deepEqual(reader.problems.map((p) => [p.error.code, p.subscription]), [["not-found", "s2"]]);
});

test("a token that leaves out what was asked for is told of", async (t) => {
  const { server, make } = setup(t, { subscriptions: two }, { ids: two });
  server.grant = ((grant) => (g) => grant.call(server, { ...g, ids: ["s1"] }))(server.grant);
  server.onBind = (socket) => server.handshake("s1", socket);
  const client = make();
  const reader = new Reader(client);
  await settle();
  assert.deepEqual(reader.problems.map((p) => [p.error.code, p.subscription]), [["unknown-subscription", "s2"]]);
  assert.equal(client.state, "bound");
});

test("a stranger's ids fill no memory where the token covers all", async (t) => {
  const { server, make } = setup(t, { subscriptions: [], heartbeatPeriod: false });
  server.grant = ((grant) => (g) => grant.call(server, { ...g, ids: [] }))(server.grant);
  const reader = new Reader(make());
  await settle();
  const frame = (id) => JSON.stringify(server.bundle(id, { type: "query-status", count: 0, status: "off" }));
  for (let i = 0; i < 10_050; i++) server.sockets[0].deliver(frame(`x${i}`));
  await settle();
  assert.ok(reader.problems.length <= 10_001, `${reader.problems.length} are kept`);
});
