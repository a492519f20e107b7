// What both bridges have in common: feeds that channels share, numbers, heartbeats,
// and what becomes of them when something is away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bridged, omitted, settle, subscription } from "./bridged.mjs";

const both = (name, run) => {
  for (const dialect of ["legacy", "medplum"]) test(`${dialect}: ${name}`, (t) => run(t, dialect));
};

/** Binds, and moves time until that is done, one way or another. */
async function outlast(clock, bind, milliseconds = 15_000) {
  const done = bind.then((bound) => ({ bound }), (error) => ({ error }));
  await clock.advance(milliseconds);
  return done;
}

both("handshakes come in the token's order, and events behind them", async (t, dialect) => {
  const { server, channel } = bridged(t, dialect, { subscriptions: { s1: {}, s2: {}, s3: {} } });
  const a = channel();
  const bound = await a.bind("s2", "s3", "s1");
  assert.deepEqual(bound, { ids: ["s2", "s3", "s1"], omitted: [] });
  assert.deepEqual(a.take(), ["handshake s2 0", "handshake s3 0", "handshake s1 0"]);
  server.emit("s1", 2);
  server.emit("s3");
  await settle();
  assert.deepEqual(a.take().sort(), ["event-notification s1 1", "event-notification s1 2", "event-notification s3 1"]);
});

both("channels share a feed and its numbers, which ends with the last of them", async (t, dialect) => {
  const { server, channel, store } = bridged(t, dialect);
  const [a, b] = [channel(), channel()];
  await Promise.all([a.bind("s1"), b.bind("s1")]);
  assert.equal(server.open.length, 1);
  server.emit("s1");
  await settle();
  assert.deepEqual([a.take(), b.take()], [["handshake s1 0", "event-notification s1 1"], ["handshake s1 0", "event-notification s1 1"]]);
  a.unbind("s1");
  server.emit("s1");
  await settle();
  assert.deepEqual([a.take(), b.take()], [[], ["event-notification s1 2"]]);
  b.close();
  await settle();
  assert.equal(server.open.length, 0);
  assert.equal(store.counters.get("events.s1"), 2);
  const c = channel();
  await c.bind("s1");
  server.emit("s1");
  await settle();
  assert.deepEqual(c.take(), ["handshake s1 2", "event-notification s1 3"]);
});

both("a channel that is alone shares nothing but the count", async (t, dialect) => {
  const { clock, server, channel, upstream } = bridged(t, dialect);
  const [a, b, c] = [channel(true), channel(true), channel()];
  for (const one of [a, b, c]) await one.bind("s1");
  assert.equal(server.open.length, 3);
  server.emit("s1");
  server.emit("s1");
  await settle();
  const numbers = [a, b, c].map((one) => one.take().slice(1).map((told) => Number(told.split(" ")[2])));
  assert.deepEqual(numbers.flat().sort(), [1, 2, 3, 4, 5, 6]);
  for (const [first, second] of numbers) assert.ok(first < second);
  a.close();
  await settle();
  assert.equal(server.open.length, 2);
  upstream.close();
  await settle();
  assert.equal(server.open.length, 0);
  assert.equal(clock.pending, 0);
});

both("one channel leaves a feed while another comes", async (t, dialect) => {
  const { server, channel } = bridged(t, dialect);
  const [a, b] = [channel(), channel()];
  await a.bind("s1");
  a.take();
  for (let i = 0; i < 6; i++) {
    const [leaves, comes] = i % 2 === 0 ? [a, b] : [b, a];
    const bind = comes.bind("s1");
    for (let turns = 0; turns < i; turns++) await null;
    leaves.unbind("s1");
    assert.deepEqual((await bind).ids, ["s1"]);
    comes.take();
    server.emit("s1");
    await settle();
    assert.deepEqual([leaves.take(), comes.take()], [[], [`event-notification s1 ${i + 1}`]]);
  }
});

both("who waits for the handshake of a feed that ends hears why", async (t, dialect) => {
  const { server, channel, store } = bridged(t, dialect);
  const [a, b] = [channel(), channel()];
  await a.bind("s1");
  let go;
  store.wait = new Promise((resolve) => { go = resolve; });
  const bind = b.bind("s1").catch(({ code }) => code);
  await settle();
  server.subscriptions.set("s1", subscription("R4", "s1", { status: "off" }));
  await assert.rejects(channel().bind("s1"), { code: "unknown-subscription" });
  go();
  assert.equal(await bind, "unknown-subscription");
  assert.deepEqual([a.take(), b.take()], [["handshake s1 0", "failed unknown-subscription"], []]);
});

both("a renewal brings the handshake again, and no event twice", async (t, dialect) => {
  const { server, channel, store } = bridged(t, dialect);
  const a = channel();
  await a.bind("s1");
  let go;
  store.wait = new Promise((resolve) => { go = resolve; });
  const renewed = a.bind("s1");
  await settle();
  server.emit("s1", 3); // while the handshake is being counted
  go();
  await renewed;
  await settle();
  assert.deepEqual(a.take(), ["handshake s1 0", "handshake s1 0", "event-notification s1 1", "event-notification s1 2", "event-notification s1 3"]);
  assert.equal(server.sockets.length, 1);
});

both("one Subscription that cannot be bound harms no other", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect, {
    subscriptions: { s1: {}, off: { status: "off" }, error: { status: "error" }, mail: { channel: "email" }, wrong: {}, denied: {} },
  });
  server.intercept = ({ path }) => {
    if (path.endsWith("/wrong")) return new Response("not a Subscription");
    if (path.endsWith("/denied")) return new Response("", { status: 403 });
  };
  const a = channel();
  const { bound } = await outlast(clock, a.bind("none", "off", "error", "mail", "wrong", "denied", "..", "s1"));
  assert.deepEqual(bound.ids, ["s1"]);
  assert.deepEqual(omitted(bound), {
    "none": "unknown-subscription", "off": "unknown-subscription", "error": "unknown-subscription", "mail": "subscription-not-bindable",
    "wrong": "upstream-refused", "denied": "upstream-refused", "..": "unknown-subscription",
  });
  assert.deepEqual(a.take(), ["handshake s1 0"]);
  await assert.rejects(a.bind("none"), { code: "unknown-subscription" });
  assert.deepEqual(a.take(), []);
});

both("a bind fails while the FHIR server is away, and with no store", async (t, dialect) => {
  const { clock, server, channel, store } = bridged(t, dialect, { subscriptions: { s1: {}, s2: {} } });
  server.down = true;
  const a = channel();
  assert.equal((await outlast(clock, a.bind("s1"))).error.code, "upstream-unavailable");
  server.down = false;
  store.broken = true;
  assert.equal((await outlast(clock, a.bind("s1", "s2"))).error.code, "store-unavailable");
  await settle();
  assert.equal(server.open.length, 0);
  store.broken = false;
  await a.bind("s1");
  assert.deepEqual(a.take(), ["handshake s1 0"]);
});

both("a bind for some of which the store cannot count changes nothing", async (t, dialect) => {
  const { server, channel, store } = bridged(t, dialect, { subscriptions: { s1: {}, s2: {}, s3: {} } });
  const a = channel();
  await a.bind("s1");
  a.take();
  store.broken = "events.s2";
  await assert.rejects(a.bind("s1", "s2", "s3"), { code: "store-unavailable" });
  assert.deepEqual(a.take(), []);
  for (const id of ["s1", "s2", "s3"]) server.emit(id);
  await settle();
  assert.deepEqual(a.take(), ["event-notification s1 1"]);
});

both("a connection that ends as it is bound is lost", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect);
  const received = server.received.bind(server);
  let breaks = 2;
  server.received = (socket, frame) => {
    received(socket, frame);
    if (breaks-- > 0) socket.snap();
  };
  const a = channel();
  await assert.rejects(a.bind("s1"), { code: "upstream-unavailable" });
  breaks = 0;
  await a.bind("s1");
  breaks = 1;
  for (const s of server.open) s.shut(1006);
  await clock.advance(5_000);
  assert.deepEqual(a.take(), ["handshake s1 0", "lost upstream-unavailable", "handshake s1 0"]);
  server.emit("s1");
  await settle();
  assert.deepEqual(a.take(), ["event-notification s1 1"]);
});

both("no event goes out without its number", async (t, dialect) => {
  const { clock, server, channel, store, events } = bridged(t, dialect);
  const [a, b] = [channel(), channel()];
  await a.bind("s1");
  await b.bind("s1");
  let go;
  store.wait = new Promise((resolve) => { go = resolve; });
  server.emit("s1");
  await settle();
  assert.deepEqual(a.take(), ["handshake s1 0"]);
  store.broken = true;
  go();
  await settle();
  assert.deepEqual([a.take(), b.take()], [["failed store-unavailable"], ["handshake s1 0", "failed store-unavailable"]]);
  assert.deepEqual(events.filter(({ event }) => event === "store-failed").map(({ code }) => code), ["store-unavailable"]);
  assert.equal(server.open.length, 0);

  // Nor when the store never answers.
  const c = channel();
  store.broken = false;
  store.wait = Promise.resolve();
  await c.bind("s1");
  store.wait = new Promise(() => {});
  server.emit("s1");
  await clock.advance(10_000);
  assert.deepEqual(c.take(), ["handshake s1 0", "failed store-unavailable"]);
});

both("each Subscription has heartbeats of its own period, from its last notification on", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect, { subscriptions: { s1: { heartbeat: 10 }, s2: { heartbeat: 25 }, s3: {} } });
  const a = channel();
  await a.bind("s1", "s2", "s3");
  a.take();
  await clock.advance(9_000);
  server.emit("s1");
  await clock.advance(9_999);
  assert.deepEqual(a.take(), ["event-notification s1 1"]);
  await clock.advance(1);
  assert.deepEqual(a.take(), ["heartbeat s1 1"]);
  await clock.advance(6_000);
  assert.deepEqual(a.take(), ["heartbeat s2 0"]);
  a.unbind("s1");
  await clock.advance(20_000);
  assert.deepEqual(a.take(), []);
  server.fall();
  await clock.advance(30_000);
  assert.deepEqual(a.take(), ["lost upstream-unavailable"]);
});

both("a lost server is told of once, and handshakes tell the counters when it is back", async (t, dialect) => {
  const { clock, server, channel, store, events } = bridged(t, dialect, { subscriptions: { s1: {}, s2: {} } });
  const [a, b] = [channel(), channel()];
  await a.bind("s1", "s2");
  await b.bind("s2");
  server.emit("s2");
  await settle();
  a.take();
  b.take();
  server.fall();
  await clock.advance(5_000);
  assert.deepEqual([a.take(), b.take()], [["lost upstream-unavailable"], ["lost upstream-unavailable"]]);
  store.counters.set("events.s2", 3); // by another gate
  server.down = false;
  await clock.advance(10_000);
  assert.deepEqual([a.take().sort(), b.take()], [["handshake s1 0", "handshake s2 3"], ["handshake s2 3"]]);
  server.emit("s2");
  await settle();
  assert.deepEqual([a.take(), b.take()], [["event-notification s2 4"], ["event-notification s2 4"]]);
  assert.ok(events.some(({ event, subscriptions }) => event === "upstream-lost" && subscriptions[0] === "s1"));
  server.fall();
  await clock.advance(1_000);
  assert.deepEqual(b.take(), ["lost upstream-unavailable"]);
});

both("a bind during a loss waits for the server", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect);
  const [a, b] = [channel(), channel()];
  await a.bind("s1");
  for (const s of server.open) s.shut(1006);
  await settle();
  const bound = b.bind("s1");
  await clock.advance(1_000);
  assert.deepEqual((await bound).ids, ["s1"]);
  assert.deepEqual(b.take(), ["handshake s1 0"]);
});

both("after patience the channel has failed", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect, { subscriptions: { s1: {}, s2: {} }, patience: 30 });
  const a = channel();
  await a.bind("s1", "s2");
  a.take();
  server.fall();
  await clock.advance(29_000);
  assert.deepEqual(a.take(), ["lost upstream-unavailable"]);
  await clock.advance(2_000);
  assert.deepEqual(a.take(), ["failed upstream-unavailable"]);
  const tries = server.requests.length;
  assert.ok(tries < 40, `${tries} requests`);
  server.down = false;
  await clock.advance(60_000);
  assert.equal(server.requests.length, tries);
  assert.equal(clock.pending, 0);
});

both("a server that comes back for moments only is not waited for without end", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect, { patience: 30 });
  const a = channel();
  await a.bind("s1");
  for (let i = 0; i < 200; i++) {
    for (const s of server.open) s.shut(1006);
    await clock.advance(1_000);
  }
  assert.equal(a.take().at(-1), "failed upstream-unavailable");
  assert.ok(server.sockets.length < 20, `${server.sockets.length} sockets`);
});

both("a Subscription that is gone is dropped, and the last takes the channel with it", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect, { subscriptions: { s1: {}, s2: {} } });
  const a = channel();
  await a.bind("s1", "s2");
  a.take();
  server.subscriptions.delete("s1");
  for (const s of server.open) if (s.bound.has("s1")) s.shut(1002);
  await clock.advance(2_000);
  assert.deepEqual(a.take().filter((told) => !told.startsWith("handshake")), ["lost upstream-unavailable", "outcome unknown-subscription s1"]);
  server.emit("s2");
  await settle();
  assert.deepEqual(a.take(), ["event-notification s2 1"]);
  server.subscriptions.set("s2", subscription("R4", "s2", { status: "off" }));
  for (const s of server.open) s.shut(1002);
  await clock.advance(2_000);
  assert.deepEqual(a.take(), ["lost upstream-unavailable", "failed unknown-subscription"]);
});

both("a bind that finds a Subscription off ends it for all", async (t, dialect) => {
  const { server, channel } = bridged(t, dialect);
  const [a, b] = [channel(), channel()];
  await a.bind("s1");
  server.subscriptions.set("s1", subscription("R4", "s1", { status: "error" }));
  await assert.rejects(b.bind("s1"), { code: "unknown-subscription" });
  assert.deepEqual(a.take(), ["handshake s1 0"]); // an error ends no binding
  server.subscriptions.set("s1", subscription("R4", "s1", { status: "off" }));
  await assert.rejects(b.bind("s1"), { code: "unknown-subscription" });
  assert.deepEqual(a.take(), ["failed unknown-subscription"]);
});

test("events that wait for their number are bounded in length, too", async (t) => {
  const { server, channel, store } = bridged(t, "medplum", { subscriptions: { s1: { content: "full-resource" } } });
  const a = channel();
  await a.bind("s1");
  a.take();
  let go;
  store.wait = new Promise((resolve) => { go = resolve; });
  const long = server.frame("event-notification", ["s1"]).replace('"id":"x"', `"id":"x","_id":{"extension":[{"url":"${"u".repeat(900_000)}"}]}`);
  for (let i = 0; i < 4; i++) server.sockets[0].deliver(long);
  await settle();
  assert.deepEqual(a.take(), []);
  server.sockets[0].deliver(long);
  assert.deepEqual(a.take(), ["lost upstream-unavailable"]);
  go();
});

both("more events than may wait for their number are a loss", async (t, dialect) => {
  const { clock, server, channel, store } = bridged(t, dialect);
  const a = channel();
  await a.bind("s1");
  let go;
  store.wait = new Promise((resolve) => { go = resolve; });
  server.emit("s1", 1_500);
  await settle();
  go();
  await clock.advance(2_000);
  const told = a.take();
  assert.deepEqual(told.slice(0, 2), ["handshake s1 0", "lost upstream-unavailable"]);
  assert.deepEqual(told.slice(2), [...Array.from({ length: 1_000 }, (_, i) => `event-notification s1 ${i + 1}`), "handshake s1 1000"]);
});

both("a channel that is closed is told nothing, also in the middle of a bind", async (t, dialect) => {
  const { clock, server, channel } = bridged(t, dialect);
  const a = channel();
  const bind = a.bind("s1");
  a.close();
  await assert.rejects(bind, { code: "aborted" });
  await clock.advance(20_000);
  assert.deepEqual(a.take(), []);
  assert.equal(server.open.length, 0);
  assert.equal(clock.pending, 0);
});

both("the upstream's end is the end of all", async (t, dialect) => {
  const { clock, server, channel, upstream } = bridged(t, dialect);
  const a = channel();
  await a.bind("s1");
  a.take();
  upstream.close();
  await settle();
  await clock.advance(60_000);
  assert.deepEqual(a.take(), []);
  assert.equal(server.open.length, 0);
  assert.equal(clock.pending, 0);
});

both("the gate's credential goes to the FHIR server, and nothing of it into what is told", async (t, dialect) => {
  const { clock, server, channel, events } = bridged(t, dialect, { headers: async () => ({ authorization: "Bearer secret" }) });
  const a = channel();
  await a.bind("s1");
  assert.ok(server.requests.every(({ headers }) => headers.get("authorization") === "Bearer secret"));
  server.intercept = () => new Response("Bearer secret", { status: 401 });
  server.fall();
  server.down = false;
  await clock.advance(70_000);
  assert.equal(a.take().at(-1), "failed upstream-refused");
  assert.doesNotMatch(JSON.stringify(events), /secret|upstream-token/);
});
