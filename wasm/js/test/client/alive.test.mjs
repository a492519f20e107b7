// Silence, sleep and slowness: what no close code tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./fake.mjs";
import { listening, Reader, settle, setup } from "./setup.mjs";

const s = 1000;

/** A server whose Subscriptions have a heartbeat period. */
async function beating(t, options, { fhir = "R5", heartbeat = 20 } = {}) {
  const all = setup(t, options, { fhir, ids: [] });
  all.server.add("s1", { heartbeat });
  const client = all.make();
  const reader = new Reader(client);
  await settle();
  return { ...all, client, reader };
}

for (const fhir of ["R4", "R4B", "R5"]) {
  test(`${fhir}: a heartbeat that stays out ends the connection, and a new one is made`, async (t) => {
    const { server, clock, reader } = await beating(t, {}, { fhir });
    for (let i = 0; i < 3; i++) {
      await clock.advance(20 * s);
      server.heartbeat("s1");
    }
    server.emit("s1", 1, { drop: true });
    await clock.advance(49 * s);
    assert.equal(server.sockets.length, 1);
    await clock.advance(2 * s);
    assert.equal(server.sockets.length, 2);
    assert.deepEqual(reader.numbers(), [1]);
  });
}

test("the reason is told", async (t) => {
  const { clock, client } = await beating(t);
  const reasons = [];
  client.addEventListener("state", ({ detail }) => detail.reason && reasons.push([detail.state, detail.reason.code, detail.reason.message]));
  await clock.advance(51 * s);
  assert.deepEqual(reasons, [["waiting", "missing-heartbeat", "nothing was heard of Subscription s1 for 50 s"]]);
});

test("any notification starts the period anew", async (t) => {
  const { server, clock } = await beating(t);
  for (let i = 0; i < 5; i++) {
    await clock.advance(45 * s);
    server.emit("s1", 1);
  }
  assert.equal(server.sockets.length, 1);
});

test("a server that never sends heartbeats is not reconnected to for ever", async (t) => {
  const { server, clock, reader } = await beating(t);
  await clock.advance(900 * s);
  assert.equal(server.sockets.length, 3);
  assert.ok(reader.codes().includes("missing-heartbeat"), String(reader.codes()));
});

test("no period, no heartbeat is waited for", async (t) => {
  const { server, clock } = await beating(t, {}, { heartbeat: null });
  await clock.advance(900 * s);
  assert.equal(server.sockets.length, 1);
  assert.equal(server.calls("read").length, 1);
});

test("the period may be an option, and false waits for none", async (t) => {
  const fixed = await beating(t, { heartbeatPeriod: 8, heartbeatTolerance: 1.5 }, { heartbeat: null });
  await fixed.clock.advance(13 * s);
  assert.deepEqual([fixed.server.sockets.length, fixed.server.calls("read").length], [2, 0]);
  const none = await beating(t, { heartbeatPeriod: false });
  await none.clock.advance(200 * s);
  assert.deepEqual([none.server.sockets.length, none.server.calls("read").length], [1, 0]);
});

test("a Subscription that may not be read does without; bad luck is tried again with the next token", async (t) => {
  for (const [status, reads] of [[403, 1], [503, 2]]) {
    const { server, clock, make } = setup(t, {}, { ids: [] });
    server.add("s1", { heartbeat: 20 });
    server.answer("read", () => json(status, ""));
    new Reader(make());
    for (let i = 0; i < 12; i++) {
      await clock.advance(20 * s);
      server.heartbeat("s1");
    }
    assert.equal(server.calls("read").length, reads, `${status}`);
    assert.equal(server.sockets.length, 1);
  }
});

test("periods are read one after the other, and of no more than a hundred Subscriptions", async (t) => {
  const ids = Array.from({ length: 120 }, (_, i) => `s${i + 1}`);
  const { server, clock, make } = setup(t, { subscriptions: ids }, { ids });
  let most = 0;
  let open = 0;
  server.answer("read", async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
  }, 1000);
  new Reader(make());
  for (let i = 0; i < 60; i++) await clock.advance(1);
  assert.deepEqual([server.calls("read").length, most], [100, 1]);
});

test("heartbeats of a token that names no Subscriptions", async (t) => {
  const { server, clock, make } = setup(t, { subscriptions: [] }, { ids: [] });
  server.add("s1", { heartbeat: 20 });
  server.grant = ((grant) => (g) => grant.call(server, { ...g, ids: [] }))(server.grant);
  new Reader(make());
  await clock.advance(52 * s);
  assert.equal(server.sockets.length, 2);
});

test("a machine that slept: the token has expired, the socket is dead, and nobody says so", async (t) => {
  const { server, clock, reader, client } = await listening(t);
  server.emit("s1", 1);
  await settle();
  clock.jump(3600 * s);
  server.emit("s1", 2, { drop: true });
  const states = [];
  client.addEventListener("state", ({ detail }) => states.push([detail.state, detail.reason?.code]));
  await clock.advance(0); // late timers ring
  assert.deepEqual(states, [["waiting", "connection-lost"], ["connecting", undefined], ["bound", undefined]]);
  assert.deepEqual(server.sockets.map((x) => x.readyState), [3, 1]);
  assert.deepEqual(reader.numbers(), [1, 2, 3]);
});

test("a machine that slept wakes up to a frame from before", async (t) => {
  const { server, clock, reader } = await listening(t);
  clock.jump(3600 * s);
  server.emit("s1", 1);
  await settle();
  await clock.advance(1);
  assert.equal(server.sockets.length, 2);
  assert.deepEqual(reader.numbers(), [1]);
});

test("a clock that is set back: silence is noticed all the same, and the token is renewed", async (t) => {
  const { server, clock, reader } = await beating(t);
  await clock.advance(40 * s);
  clock.setBack(3600 * s);
  await clock.advance(30 * s);
  assert.equal(server.sockets.length, 1);
  await clock.advance(60 * s);
  assert.equal(server.sockets.length, 2);
  const quiet = await listening(t);
  quiet.clock.setBack(3600 * s);
  await quiet.clock.advance(230 * s);
  assert.equal(quiet.server.calls("$get-ws-binding-token").length, 2);
  assert.deepEqual([quiet.server.sockets.length, quiet.reader.problems, reader.problems], [1, [], []]);
});

test("timers that are a minute late, as in a hidden tab, are no sleep", async (t) => {
  const { server, clock } = await listening(t);
  for (let i = 0; i < 3; i++) {
    clock.jump(60 * s);
    await clock.advance(0);
  }
  assert.equal(server.sockets.length, 1);
});

test("a machine that slept for a while shorter than that renews the token that has meanwhile expired", async (t) => {
  const { server, clock, reader } = await listening(t);
  await clock.advance(220 * s);
  clock.jump(85 * s); // 305 s: the token expired, and the server knows nothing of it here
  await clock.advance(0);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.numbers(), [1]);
});

/** A loop that takes one notification each time it is told to. */
function slowLoop(client) {
  const iterator = client[Symbol.asyncIterator]();
  const taken = [];
  return {
    taken,
    numbers: () => taken.flatMap((n) => n.events.map((e) => Number(e.eventNumber))),
    async take(times = 1) {
      for (let i = 0; i < times; i++) {
        const { done, value } = await iterator.next();
        if (done) return;
        taken.push(value);
        await settle();
      }
    },
  };
}

test("a slow consumer: the connection is closed when too many wait, and made anew; nothing is lost", async (t) => {
  const { server, clock, make } = setup(t, { maxQueued: 5 });
  const client = make();
  const states = [];
  client.addEventListener("state", ({ detail }) => states.push([detail.state, detail.reason?.code]));
  const loop = slowLoop(client);
  await loop.take();
  server.emit("s1", 5);
  await settle();
  assert.equal(client.state, "bound");
  server.emit("s1", 20);
  await settle();
  assert.deepEqual([client.state, server.open.length], ["waiting", 0]);
  assert.deepEqual(states.at(-1), ["waiting", "slow-reader"]);
  await clock.advance(600 * s);
  assert.equal(server.sockets.length, 1, "no connection is made before there is room");
  await loop.take(5);
  await clock.advance(1 * s);
  assert.equal(server.sockets.length, 2);
  await loop.take(2);
  assert.deepEqual(loop.numbers(), Array.from({ length: 25 }, (_, i) => i + 1));
  assert.deepEqual(client.seen, { s1: "25" });
  assert.equal(loop.taken.at(-1).type, "handshake");
});

test("a token for more Subscriptions than may wait: all their handshakes are taken", async (t) => {
  const ids = Array.from({ length: 50 }, (_, i) => `s${i + 1}`);
  const { server, clock, make } = setup(t, { maxQueued: 1, maxQueuedSize: 1, subscriptions: ids }, { ids });
  for (const id of ids) server.subscriptions.get(id).count = 1;
  const seen = Object.fromEntries(ids.map((id) => [id, 0]));
  const loop = slowLoop(make({ seen }));
  await loop.take(100);
  await clock.advance(60 * s);
  assert.deepEqual([loop.numbers().length, server.sockets.length], [50, 1]);
});

test("a flood of handshakes is bounded", async (t) => {
  const { server, make } = setup(t);
  const client = make();
  const loop = slowLoop(client);
  await loop.take();
  const text = JSON.stringify(server.bundle("s1", { type: "handshake", count: 0 })) + " ".repeat(1 << 20);
  for (let i = 0; i < 20; i++) server.sockets[0].deliver(text);
  await settle();
  assert.equal(client.state, "waiting");
});

test("the queue is bounded by size as well, and takes one frame of any size", async (t) => {
  const { server, make } = setup(t, { maxQueuedSize: 10 });
  const client = make();
  const loop = slowLoop(client);
  await loop.take();
  server.emit("s1", 1);
  await settle();
  assert.equal(client.state, "bound");
  server.emit("s1", 1);
  await settle();
  assert.equal(client.state, "waiting");
  await loop.take();
  assert.deepEqual(loop.numbers(), [1]);
});

test("what was not asked for counts as not handled", async (t) => {
  const { server, make } = setup(t);
  const client = make();
  const loop = slowLoop(client);
  await loop.take();
  server.emit("s1", 3);
  await settle();
  assert.deepEqual(client.seen, {});
  await loop.take();
  assert.deepEqual(client.seen, { s1: "0" });
  await loop.take();
  assert.deepEqual(client.seen, { s1: "1" });
});

test("what had come before the client gave up is handed over first", async (t) => {
  const { server, make } = setup(t);
  const client = make();
  const loop = slowLoop(client);
  await loop.take();
  server.emit("s1", 2);
  server.sockets[0].shut(1008, "unknown-subscription");
  await settle();
  assert.equal(client.state, "bound");
  await loop.take(2);
  assert.deepEqual(loop.numbers(), [1, 2]);
  await assert.rejects(loop.take(), { code: "unknown-subscription" });
});

test("a slow loop does not keep heartbeats from being noticed", async (t) => {
  const { server, clock, make } = setup(t, {}, { ids: [] });
  server.add("s1", { heartbeat: 20 });
  const loop = slowLoop(make());
  await loop.take();
  for (let i = 0; i < 10; i++) {
    await clock.advance(20 * s);
    server.heartbeat("s1");
  }
  assert.equal(server.sockets.length, 1);
});

test("no token in any message, cause, state or event", async (t) => {
  const told = [];
  for (let round = 0; round < 6; round++) {
    const { server, clock, make } = setup(t, { bindTimeout: 1, headers: { Authorization: "Bearer secret.bearer" } });
    server.socketURL = "ws://user:secret.password@server.example/ws?token=secret.query";
    const client = make();
    for (const type of ["problem", "missed", "state", "close"]) client.addEventListener(type, ({ detail }) => told.push(detail));
    const reader = new Reader(client);
    const bad = [
      () => { server.onOpen = (socket) => `cannot connect to ${socket.url}`; },
      () => { server.onBind = () => {}; },
      () => { server.onBind = (socket) => socket.shut(1008, "invalid-token"); },
      () => { server.onOpen = (socket) => (socket.send = (frame) => { throw new Error(frame); }, true); },
      () => { server.answer("$get-ws-binding-token", () => json(200, server.grant({ token: "secret.x", ids: ["s1"], url: "http://u:secret.p@h/?secret.q" })), 9); },
      () => { server.answer("$get-ws-binding-token", () => json(200, server.grant({ token: "", ids: ["s1"] })), 9); },
    ];
    bad[round]();
    await clock.advance(120 * s);
    assert.ok(reader.error !== null || reader.states.length > 3, `round ${round} came to nothing`);
    told.push(reader.error);
  }
  const seen = new Set();
  const text = (value) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return String(value);
    seen.add(value);
    return Object.getOwnPropertyNames(value).map((name) => `${name}: ${text(value[name])}`).join("\n");
  };
  const all = told.map(text).join("\n");
  assert.ok(all.includes("connection-failed") && all.includes("invalid-token"), "something was told");
  assert.doesNotMatch(all, /secret/);
});
