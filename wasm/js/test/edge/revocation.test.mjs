// What a gate remembers of tokens: single use and revocation, in the three levels, and
// a store that cannot be reached (EDGE.md, "What is remembered").
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "wsbind/edge";
import { VirtualClock } from "../client/clock.mjs";
import { event, frame, later, settle, setup } from "./world.mjs";

/** A memory store that tells of nothing by itself, may fail, and counts how often it is asked. */
function polled(clock) {
  const { watch: _, ...methods } = bound(memoryStore(clock));
  const store = { asked: 0, broken: false, ...methods };
  for (const [name, method] of Object.entries(methods)) {
    if (typeof method !== "function") continue;
    store[name] = async (...given) => {
      if (name === "revoked") store.asked++;
      if (store.broken) throw new Error("no route to 10.0.0.8");
      return method(...given);
    };
  }
  return store;
}

/** The methods of an object as functions. */
function bound(object) {
  const names = ["putIfAbsent", "get", "increment", "count", "revoke", "revoked", "watch"];
  return { atomic: object.atomic, ...Object.fromEntries(names.map((name) => [name, object[name].bind(object)])) };
}

/** Several gates with one store, on one clock. */
function several(t, count, makeStore, options = {}) {
  const clock = new VirtualClock();
  const store = makeStore(clock);
  return { clock, store, worlds: Array.from({ length: count }, () => setup(t, { replay: "shared", store, ...options }, clock)) };
}

const reaches = [
  ["jti", { jti: "t-x" }, ["revoked-token s1 s2"]],
  ["subject", { subject: "alice" }, ["revoked-token s1 s2"]],
  ["Subscription", { subscription: "s1" }, ["revoked-token s1"]],
];
for (const [what, revocation, due] of reaches) {
  test(`a revocation by ${what} reaches live sockets, and binds from then on`, async (t) => {
    const { clock, gate, bound, bind, connect, token, upstream, told } = setup(t);
    const port = await bound(["s1", "s2"], { jti: "t-x" });
    const other = await bound(["s3"], { sub: "bob" });
    const old = await token(["s1", "s2"], { jti: "t-x" });
    assert.equal(await gate.revoke(revocation), due[0].includes("s2") ? 2 : 1);
    assert.deepEqual(port.look(), due);
    assert.deepEqual(port.goodbye, what === "Subscription" ? null : { code: 1008, reason: "revoked-token" });
    assert.deepEqual(other.look(), []);
    assert.deepEqual(told("revoked").map(({ socket, code }) => [socket, code]), [[1, "revoked-token"]]);
    if (what === "Subscription") {
      upstream.channels[0].tell(event("s1"), "s1");
      assert.deepEqual(port.look(), []);
    }

    const again = connect();
    again.session.frame(`bind-with-token ${old}`);
    await settle();
    const spent = ["already-used"]; // of the two ids one is left, and the token was used above
    assert.deepEqual(again.look(), what === "Subscription" ? spent : ["revoked-token"]);

    // A revocation by jti is for good; the others reach no token that was issued later.
    await clock.advance(1_000);
    const fresh = connect();
    assert.deepEqual(await bind(fresh, ["s1"]), ["handshake s1"]);
  });
}

test("what is left of a token is bound, and what was revoked is named", async (t) => {
  const { gate, connect, bind } = setup(t);
  await gate.revoke({ subscription: "s2" });
  assert.deepEqual(await bind(connect(), ["s1", "s2", "s3"]), ["handshake s1", "handshake s3", "revoked-token s2"]);
});

test("a token that does not say when it was issued is as old as any", async (t) => {
  const { clock, gate, connect, bind } = setup(t);
  await gate.revoke({ subject: "alice" });
  await clock.advance(3_600_000);
  assert.deepEqual(await bind(connect(), ["s1"], { iat: undefined }), ["revoked-token"]);
});

test("a revocation during a bind is the bind's", async (t) => {
  const answer = later();
  const { gate, upstream, connect, bind } = setup(t);
  upstream.onBind = () => answer.promise;
  const port = connect();
  await bind(port, ["s1"], { jti: "t-x" });
  assert.equal(await gate.revoke({ jti: "t-x" }), 0);
  answer.resolve({ ids: ["s1"], omitted: [] });
  await settle();
  assert.deepEqual(port.look(), ["revoked-token s1"]);
  assert.deepEqual(port.goodbye, { code: 1008, reason: "revoked-token" });
});

for (const [what, end, due] of [
  ["revoked", ({ gate }) => gate.revoke({ subscription: "s1" }), "revoked-token s1"],
  ["over", ({ clock }) => clock.advance(60_000), "expired-token s1 s2"],
]) {
  test(`a bind that waits for a handshake tells nothing of what is ${what} meanwhile`, async (t) => {
    const world = setup(t);
    const answer = later();
    world.upstream.onBind = (grant, channel) => {
      channel.tell(frame("s1"), "s1");
      return answer.promise;
    };
    const port = world.connect();
    assert.deepEqual(await world.bind(port, ["s1", "s2"], { lasts: 60 }), ["handshake s1"]);
    world.upstream.channels[0].tell(event("s1"), "s1");
    assert.deepEqual(port.look(), ["event-notification s1"]);
    await end(world);
    world.upstream.channels[0].tell(event("s1", 2), "s1");
    assert.deepEqual(port.look(), []);
    answer.resolve({ ids: ["s1", "s2"], omitted: [] });
    await settle();
    assert.deepEqual(port.look(), [due]);
  });
}

test("a token that is revoked while a shorter one takes its place leaves the shorter one", async (t) => {
  const answer = later();
  const { clock, gate, upstream, bound, bind } = setup(t);
  const port = await bound(["s1"], { jti: "t-x", lasts: 3_600 });
  upstream.onBind = () => answer.promise;
  await bind(port, ["s1"], { lasts: 60 });
  await gate.revoke({ jti: "t-x" });
  answer.resolve({ ids: ["s1"], omitted: [] });
  await settle();
  assert.deepEqual([port.look(), gate.bound], [[], 1]);
  await clock.advance(60_000);
  assert.deepEqual(port.look(), ["expired-token s1"]);
});

test("a token that outlives what is remembered of it is refused, unless nothing is", async (t) => {
  const clock = new VirtualClock();
  const lenient = { verify: async () => ({ iss: "i", aud: "a", jti: "t-x", exp: clock.now() / 1000 + 90_001, subscription: ["s1"] }) };
  for (const [replay, due] of [["isolate", "lifetime-too-long"], ["stateless", "handshake s1"]]) {
    const { connect, bind } = setup(t, { replay, verifier: lenient }, clock);
    assert.deepEqual(await bind(connect()), [due]);
  }
});

test("a revocation names one of three", async (t) => {
  const { gate } = setup(t);
  for (const odd of [{}, { jti: "" }, { jti: 7 }, { jti: "a", subject: "b" }, { sub: "a" }, null, "a"]) {
    await assert.rejects(gate.revoke(odd), { name: "WsbindError", code: "invalid-option" });
  }
});

test("stateless remembers nothing, and says so", async (t) => {
  const { gate, connect, token } = setup(t, { replay: "stateless" });
  const text = `bind-with-token ${await token(["s1"], { jti: undefined })}`;
  for (const port of [connect(), connect()]) {
    port.session.frame(text);
    await settle();
    assert.deepEqual(port.look(), ["handshake s1"]);
  }
  await assert.rejects(gate.revoke({ subject: "alice" }), { code: "invalid-option" });
});

test("a token is used once, whatever came of it", async (t) => {
  const { upstream, connect, token } = setup(t);
  const text = `bind-with-token ${await token()}`;
  upstream.onBind = () => { throw new Error("a bug"); };
  for (const due of ["internal", "already-used", "already-used"]) {
    const port = connect();
    port.session.frame(text);
    await settle();
    assert.deepEqual(port.look(), [due]);
  }
  assert.equal(upstream.channels.length, 1);
});

test("a token without a name cannot be told again, and is refused", async (t) => {
  const { connect, bind } = setup(t);
  const port = connect();
  assert.deepEqual(await bind(port, ["s1"], { jti: undefined }), ["missing-claim"]);
  assert.deepEqual(port.goodbye, { code: 1008, reason: "invalid-token" });
});

test("a hundred gates and one token: one of them accepts it", async (t) => {
  const { worlds } = several(t, 100, memoryStore);
  const text = `bind-with-token ${await worlds[0].token()}`;
  const ports = worlds.map(({ connect }) => connect());
  for (const port of ports) port.session.frame(text);
  await settle();
  const said = ports.flatMap((port) => port.look());
  assert.equal(said.filter((s) => s === "handshake s1").length, 1);
  assert.equal(said.filter((s) => s === "already-used").length, 99);
});

test("a store that tells has every gate know at once", async (t) => {
  const { worlds: [here, there] } = several(t, 2, memoryStore);
  const port = await there.bound(["s1"], { jti: "t-x" });
  assert.equal(await here.gate.revoke({ jti: "t-x" }), 0);
  await settle();
  assert.deepEqual(port.goodbye, { code: 1008, reason: "revoked-token" });
});

test("a store that does not is asked by each gate once in a while, as long as it has sockets", async (t) => {
  const { clock, store, worlds: [here, there] } = several(t, 2, polled, { pollInterval: 5 });
  assert.equal(clock.pending, 0);
  const port = await there.bound(["s1"], { jti: "t-x" });
  for (let i = 0; i < 20; i++) await there.bound(["s2"]);
  assert.equal(store.asked, 1, "the first bind asks, and the others know");
  await clock.advance(10_000);
  assert.equal(store.asked, 3);
  await here.gate.revoke({ jti: "t-x" });
  await clock.advance(4_999);
  assert.equal(port.goodbye, null);
  await clock.advance(1);
  assert.deepEqual(port.goodbye, { code: 1008, reason: "revoked-token" });
  there.ports.forEach(({ session }) => session.closed());
  const { asked } = store;
  await clock.advance(60_000);
  assert.deepEqual([store.asked, clock.pending], [asked, 0]);

  const late = there.connect();
  assert.deepEqual(await there.bind(late, ["s1"], { jti: "t-x" }), ["revoked-token"], "what it knew may be old, and it asks first");
});

test("while the store is away nothing is bound, and what is bound ends in time", async (t) => {
  const { clock, store, worlds: [world] } = several(t, 1, polled, { pollInterval: 5, storePatience: 30 });
  const port = await world.bound(["s1"], { lasts: 3_600 });
  store.broken = true;
  const other = world.connect();
  assert.deepEqual(await world.bind(other), ["store-unavailable"]);
  assert.deepEqual(other.goodbye, { code: 1013, reason: "store-unavailable" });
  assert.ok(!JSON.stringify(world.ports.map(({ sent }) => sent)).includes("10.0.0.8"));
  await clock.advance(34_999);
  assert.equal(port.goodbye, null);
  await clock.advance(1);
  assert.deepEqual(port.look(), ["store-unavailable"]);
  assert.deepEqual(port.goodbye, { code: 1013, reason: "store-unavailable" });
  assert.match(world.told("store-failed")[0].detail, /10\.0\.0\.8/);

  store.broken = false;
  const again = world.connect();
  assert.deepEqual(await world.bind(again), ["handshake s1"]);
});

test("a store that comes back in time has ended nothing", async (t) => {
  const { clock, store, worlds: [world] } = several(t, 1, polled);
  const port = await world.bound(["s1"], { lasts: 3_600 });
  for (const broken of [true, false, true, false]) {
    store.broken = broken;
    await clock.advance(30_000);
  }
  assert.equal(port.goodbye, null);
});

test("with storeFailure open, bindings go on and begin unchecked", async (t) => {
  const { clock, store, worlds: [world] } = several(t, 1, polled, { storeFailure: "open" });
  const port = await world.bound(["s1"], { lasts: 3_600 });
  store.broken = true;
  await clock.advance(600_000);
  assert.equal(port.goodbye, null);
  assert.deepEqual(await world.bind(world.connect()), ["handshake s1"]);
  assert.ok(world.told("store-failed").length > 100);
});

test("a store that does not answer is one that is away", async (t) => {
  const { clock, store, worlds: [world] } = several(t, 1, polled);
  store.revoked = () => new Promise(() => {});
  const port = world.connect();
  await world.bind(port);
  await clock.advance(5_000);
  assert.deepEqual(port.look(), ["store-unavailable"]);
});

test("a revocation that the store does not take holds here, and is an error", async (t) => {
  const { store, worlds: [world] } = several(t, 1, polled);
  const port = await world.bound(["s1"], { jti: "t-x" });
  store.broken = true;
  await assert.rejects(world.gate.revoke({ jti: "t-x" }), { code: "store-unavailable" });
  assert.equal(port.goodbye.reason, "revoked-token");
});

test("a store that tells no more is asked, and told to tell again", async (t) => {
  const listeners = [];
  const { clock, worlds: [here, there] } = several(t, 2, (clock) => {
    const store = bound(memoryStore(clock));
    return { ...store, watch: (...given) => (listeners.push(given), given[2].aborted ? undefined : store.watch(...given)) };
  });
  const ports = [await there.bound(["s1"], { jti: "t-x", lasts: 3_600 }), await there.bound(["s1"], { jti: "t-y", lasts: 3_600 })];
  const [, lost, signal] = listeners[0];
  lost(new Error("the connection broke"));
  assert.equal(signal.aborted, true);
  await here.gate.revoke({ jti: "t-x" });
  await settle();
  assert.equal(ports[0].goodbye, null, "nobody told");
  await clock.advance(5_000);
  assert.equal(ports[0].goodbye.reason, "revoked-token");
  assert.equal(listeners.length, 2);
  await here.gate.revoke({ jti: "t-y" });
  await settle();
  assert.equal(ports[1].goodbye.reason, "revoked-token", "it tells again");
  assert.deepEqual(there.told("store-failed").map(({ code }) => code), ["store-unavailable"]);
});

test("a store that cannot tell, though it has a method for that, is asked", async (t) => {
  const { clock, worlds: [here, there] } = several(t, 2, (clock) => ({ ...bound(memoryStore(clock)), watch: () => { throw new Error("not here"); } }));
  const port = await there.bound(["s1"], { jti: "t-x" });
  await here.gate.revoke({ jti: "t-x" });
  await clock.advance(5_000);
  assert.equal(port.goodbye.reason, "revoked-token");
});

for (const replay of ["isolate", "shared"]) {
  test(`a socket that is alone is touched by nothing but its own timer: ${replay}`, async (t) => {
    const clock = new VirtualClock();
    const { gate, connect, bind } = setup(t, { replay, store: memoryStore(clock) }, clock);
    const ports = [connect({ alone: true }), connect({ alone: true }), connect()];
    for (const port of ports) await bind(port, ["s1"]);
    assert.equal(await gate.revoke({ subscription: "s1" }), 1);
    await settle();
    assert.deepEqual(ports.map(({ goodbye }) => goodbye?.reason), [undefined, undefined, "revoked-token"]);
    await clock.advance(5_000);
    assert.deepEqual(ports.map(({ goodbye }) => goodbye?.reason), ["revoked-token", "revoked-token", "revoked-token"]);
    assert.equal(clock.pending, 0);
  });
}

test("a socket that is alone ends by itself when the store is away", async (t) => {
  const { clock, store, worlds: [world] } = several(t, 1, polled);
  const port = world.connect({ alone: true });
  await world.bind(port, ["s1"], { lasts: 3_600 });
  store.broken = true;
  await clock.advance(35_000);
  assert.deepEqual(port.goodbye, { code: 1013, reason: "store-unavailable" });
});

test("a jti may be any text", async (t) => {
  const keys = [];
  const { worlds: [world] } = several(t, 1, (clock) => {
    const store = bound(memoryStore(clock));
    return { ...store, putIfAbsent: (key, ...rest) => (keys.push(key), store.putIfAbsent(key, ...rest)) };
  });
  for (const jti of ["5f0c-A_z", "urn:uuid:1 é/..", "x".repeat(200), "a.b"]) await world.bind(world.connect(), ["s1"], { jti });
  while (keys.length < 4) await settle(); // the digests are computed elsewhere
  assert.equal(keys[0], "jti.5f0c-A_z");
  for (const key of keys.slice(1)) assert.match(key, /^jti\.sha256\.[0-9a-f]{64}$/);
});

test("a memory store forgets what is over", async () => {
  const clock = new VirtualClock();
  const store = memoryStore(clock);
  const now = clock.now() / 1000;
  const puts = await Promise.all(Array.from({ length: 100 }, () => store.putIfAbsent("a", "1", now + 10)));
  assert.equal(puts.filter(Boolean).length, 1);
  assert.equal(await store.get("a"), "1");
  const numbers = await Promise.all(Array.from({ length: 100 }, () => store.increment("n")));
  assert.deepEqual([new Set(numbers).size, await store.count("n"), await store.count("m")], [100, 100, 0]);
  await store.revoke({ revocation: { jti: "x" }, at: now });
  const first = await store.revoked();
  assert.deepEqual(first.records, [{ revocation: { jti: "x" }, at: now }]);
  assert.deepEqual((await store.revoked(first.cursor)).records, []);
  await clock.advance(10_000);
  assert.equal(await store.get("a"), undefined);
  assert.equal(await store.putIfAbsent("a", "2", now + 20), true);
  await clock.advance(90_000_000);
  await store.revoke({ revocation: { jti: "y" }, at: clock.now() / 1000 });
  assert.deepEqual((await store.revoked()).records.map(({ revocation }) => revocation.jti), ["y"]);
  assert.deepEqual((await store.revoked(first.cursor)).records.map(({ revocation }) => revocation.jti), ["y"]);
});
