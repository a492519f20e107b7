// Bad luck of every kind that heals, one after the other, at random: each event is
// handed over once, in order. A seed that fails is in the message; SEEDS=1000 tries more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./fake.mjs";
import { random } from "./random.mjs";
import { Reader, settle, setup } from "./setup.mjs";

const closes = [[1000, ""], [1001, "going-away"], [1006, ""], [1011, "internal"], [1013, "slow-reader"], [1008, "expired-token"], [1008, "bind-timeout"]];

/** $events fails, but not often on end: the client would rightly tell of missed events. */
function failEvents(server, make, times) {
  server.failures ??= { s1: 0, s2: 0 };
  server.answer("$events", ({ id }) => (++server.failures[id] % 6 === 0 ? undefined : make()), times);
}

/** Counts events, and tells nobody: the Subscription, and the number of the first. */
function next(server, id, times) {
  const subscription = server.subscriptions.get(id);
  subscription.count += times;
  return [id, subscription.count - times + 1];
}

/** What may happen; each takes the server, the clock, a source of chance, and a whole number chooser. */
const luck = [
  ({ server, id, some }) => server.emit(id(), some(3)),
  ({ server, id, some }) => server.emit(id(), some(3)),
  ({ server, id, some }) => server.emit(id(), some(3), { drop: true }),
  ({ server, id }) => server.heartbeat(id()),
  ({ server, id, some }) => { // an old event again
    const [one, { count }] = [id(), server.subscriptions.get("s1")];
    if (one === "s1" && count > 0) server.send("s1", { type: "event-notification", count, events: [some(count)] });
  },
  ({ server, rand }) => server.open[0]?.shut(...closes[Math.floor(rand() * closes.length)]),
  ({ server, rand }) => { server.socketURL = `ws://server.example/ws/${Math.floor(rand() * 3)}`; },
  ({ server, some }) => server.answer("$get-ws-binding-token", () => json(503, ""), some(3)),
  ({ server }) => server.answer("$get-ws-binding-token", () => { throw new TypeError("fetch failed"); }),
  ({ server }) => server.answer("$get-ws-binding-token", () => new Promise(() => {})),
  ({ server, some }) => failEvents(server, () => json(429, "", { "Retry-After": "1" }), some(2)),
  ({ server }) => failEvents(server, () => { throw new TypeError("fetch failed"); }, 1),
  ({ server }) => server.outcome("expired-token", "is bound no more"),
  ({ server, rand }) => {
    const fine = server.onOpen;
    const bad = rand() < 0.5 ? "refused" : "hang";
    server.onOpen = () => { server.onOpen = fine; return bad; };
  },
  ({ server }) => {
    const fine = server.onBind;
    server.onBind = () => { server.onBind = fine; };
  },
  ({ server }) => server.open[0]?.deliver("nonsense"),
  ({ server, id }) => server.emit(id(), 30), // a burst
  ({ server, id }) => { // the next two in the wrong order
    const [one, first] = next(server, id(), 2);
    for (const n of [first + 1, first]) server.send(one, { type: "event-notification", count: n, events: [n] });
  },
  ({ server, id, rand }) => { // an event whose Bundle is broken in one way or another
    const [one, n] = next(server, id(), 1);
    const bundle = server.bundle(one, { type: "event-notification", count: n, events: [n] });
    const text = JSON.stringify(bundle);
    const broken = [text.slice(0, -9), text.replace("subscription-notification", "message"), text.replace(`"${n}"`, n), JSON.stringify({ ...bundle, entry: [] }), JSON.stringify({ ...bundle, entry: bundle.entry.slice(1) })];
    server.open[0]?.deliver(broken[Math.floor(rand() * broken.length)]);
  },
  ({ server }) => server.send("stranger", { type: "event-notification", count: 1, events: [1] }, server.open[0]),
  ({ server, clock, rand }) => { // a late handshake, which tells an old count
    const fine = server.onBind;
    server.onBind = (socket, ids) => {
      server.onBind = fine;
      for (const id of ids) {
        const { count } = server.subscriptions.get(id);
        clock.setTimeout(() => server.send(id, { type: "handshake", count }, socket), rand() * 15_000);
      }
    };
  },
  ({ server }) => { for (const socket of server.open) socket.ids = []; }, // a binding that ends without a word
  ({ server }) => { for (const socket of server.open) socket.send = socket.deliver = () => {}; }, // a dead connection
  ({ server, rand }) => server.answer("$get-ws-binding-token", () => json(200, [
    "{", { resourceType: "Parameters" }, server.grant({ token: "x.y.z", ids: ["s1", "s2"], expiration: 0 }), server.grant({ token: "x.y.z", ids: ["s1", "s2"], url: "http://server.example/" }),
  ][Math.floor(rand() * 4)])),
  ({ clock, rand }) => clock.jump(rand() * 600_000),
];

/** A client and its bad luck, `times` pieces of it. */
async function unlucky(t, seed, times) {
  const rand = random(seed);
  const all = setup(t, { random: rand, subscriptions: ["s1", "s2"], longestWait: 5, maxQueued: 1 + Math.floor(rand() * 20) }, { ids: ["s1", "s2"] });
  const { server, clock, make } = all;
  server.subscriptions.get("s2").heartbeat = 30;
  const client = make();
  const reader = new Reader(client);
  await settle();
  const tools = { server, clock, rand, some: (n) => 1 + Math.floor(rand() * n), id: () => (rand() < 0.5 ? "s1" : "s2") };
  for (let i = 0; i < times; i++) {
    luck[Math.floor(rand() * luck.length)](tools);
    await clock.advance(rand() < 0.5 ? 0 : rand() * 20_000);
  }
  return { ...all, client, reader, rand };
}

const seeds = Number(process.env.SEEDS ?? 40);

test("whatever heals, heals", async (t) => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { server, clock, client, reader } = await unlucky(t, seed, 60);
    Object.assign(server, { onOpen: () => true, onBind: (socket, ids) => { for (const id of ids) server.handshake(id, socket); } });
    server.answers.clear();
    await clock.advance(400_000); // a renewal shows a binding that ended without a word
    for (const id of ["s1", "s2"]) server.heartbeat(id);
    await clock.advance(30_000);
    for (const id of ["s1", "s2"]) {
      const { count } = server.subscriptions.get(id);
      assert.deepEqual(reader.numbers(id), Array.from({ length: count }, (_, i) => i + 1), `seed ${seed}, ${id}, ${client.state}, ${reader.error?.message}`);
    }
    assert.deepEqual([reader.missed, client.state], [[], "bound"], `seed ${seed}`);
    assert.ok(server.open.length === 1, `seed ${seed}: ${server.open.length} sockets are open`);
    client.close();
    await settle();
    assert.equal(clock.pending, 0, `seed ${seed}: timers are left`);
    assert.equal(server.open.length, 0, `seed ${seed}: sockets are left`);
  }
});

test("whenever it is closed, it leaves nothing behind", async (t) => {
  for (let seed = 1; seed <= 2 * seeds; seed++) {
    const { server, clock, client, reader, rand } = await unlucky(t, seed, seed % 40);
    for (let turns = Math.floor(rand() * 12); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    client.close();
    await settle();
    assert.deepEqual([reader.ended, reader.error, server.open.length], [true, null, 0], `seed ${seed}`);
    const asked = server.requests.length;
    await clock.advance(20_000); // the server's own timers
    assert.deepEqual([clock.pending, server.requests.length, server.sockets.every((x) => x.readyState === 3)], [0, asked, true], `seed ${seed}`);
  }
});
