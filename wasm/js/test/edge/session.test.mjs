// What a client of the gate meets, frame by frame (EDGE.md, "What a client meets").
import assert from "node:assert/strict";
import { test } from "node:test";
import { WsbindError } from "wsbind";
import { event, FakeUpstream, frame, later, settle, setup, spoken } from "./world.mjs";

test("a good bind is answered by the handshakes of the token's order, in both spellings", async (t) => {
  const { gate, upstream, connect, token, told } = setup(t);
  for (const spelling of ["bind-with-token ", "bind-with-token: "]) {
    const port = connect();
    port.session.frame(spelling + (await token(["s2", "s1", "s2"])));
    await settle();
    assert.deepEqual(port.look(), ["handshake s2", "handshake s1"]);
    assert.equal(port.goodbye, null);
  }
  assert.deepEqual([gate.sockets, gate.bound], [2, 4]);
  assert.deepEqual(upstream.channels.map(({ grants }) => grants[0].ids), [["s2", "s1"], ["s2", "s1"]]);
  assert.deepEqual(told("bound").map(({ socket, kid, subscriptions }) => [socket, kid, subscriptions]), [[1, "k1", ["s2", "s1"]], [2, "k1", ["s2", "s1"]]]);
});

const bad = {
  "no bind at all": ["hello", "expected-bind", 1008, "expected-bind"],
  "nothing": ["", "expected-bind", 1008, "expected-bind"],
  "another dialect's bind": ["bind s1", "expected-bind", 1008, "expected-bind"],
  "no token": ["bind-with-token not-a-token", "malformed-token", 1008, "invalid-token"],
  "a binary frame": [null, "binary-frame", 1003, "binary-frame"],
  "half a surrogate pair": ["bind-with-token \ud800", "invalid-utf8", 1007, "invalid-utf8"],
  "a frame that is too long": ["bind-with-token " + "a".repeat(70_000), "frame-too-large", 1009, "frame-too-large"],
};
for (const [name, [text, code, status, reason]] of Object.entries(bad)) {
  test(`a first frame that is no good bind ends the socket before the server hears of it: ${name}`, async (t) => {
    const { upstream, gate, connect } = setup(t);
    const port = connect();
    port.session.frame(text);
    await settle();
    assert.deepEqual(port.look(), [code]);
    assert.deepEqual(port.goodbye, { code: status, reason });
    assert.equal(upstream.channels.length, 0);
    assert.equal(gate.sockets, 0);
  });
}

test("nothing is bound in time", async (t) => {
  const { clock, connect, bound } = setup(t);
  const idle = connect();
  const busy = await bound();
  await clock.advance(29_999);
  assert.equal(idle.goodbye, null);
  await clock.advance(1);
  assert.deepEqual(idle.look(), ["bind-timeout"]);
  assert.deepEqual(idle.goodbye, { code: 1008, reason: "bind-timeout" });
  assert.equal(busy.goodbye, null);
});

test("a bind in progress came in time", async (t) => {
  const answer = later();
  const { clock, upstream, connect, bind } = setup(t);
  upstream.onBind = () => answer.promise;
  const port = connect();
  await bind(port, ["s1"]);
  await clock.advance(31_000);
  assert.equal(port.goodbye, null);
  answer.resolve({ ids: ["s1"], omitted: [] });
  await clock.advance(60_000);
  assert.equal(port.goodbye, null);
});

test("a failed bind leaves what is bound", async (t) => {
  const { upstream, bound, bind } = setup(t);
  const port = await bound();
  port.session.frame("hello");
  await settle();
  assert.deepEqual(port.look(), ["expected-bind"]);
  upstream.onBind = () => { throw new WsbindError("unknown-subscription", "gone"); };
  assert.deepEqual(await bind(port, ["s2"]), ["unknown-subscription"]);
  upstream.channels[0].tell(event("s1"), "s1");
  assert.deepEqual(port.look(), ["event-notification s1"]);
  assert.equal(port.goodbye, null);
});

test("what a failed bind was for is not told, should the server bind it all the same", async (t) => {
  const { upstream, bound, bind } = setup(t);
  upstream.tags = false;
  const port = await bound(["s1"]);
  upstream.onBind = async () => { throw new WsbindError("upstream-unavailable", "no answer in time"); };
  assert.deepEqual(await bind(port, ["s2"]), ["upstream-unavailable"]);
  const [channel] = upstream.channels;
  channel.tell(event("s2"));
  channel.tell(event("s1"));
  assert.deepEqual(port.look(), ["event-notification s1"]);
});

test("what ends the framing ends the socket, bound or not", async (t) => {
  const { bound } = setup(t);
  for (const [text, code] of [[null, 1003], ["x".repeat(70_000), 1009]]) {
    const port = await bound();
    port.session.frame(text);
    assert.equal(port.goodbye.code, code);
  }
});

test("more binds add, and of two tokens that which lasts longer holds a Subscription", async (t) => {
  const { clock, bound, bind, upstream } = setup(t);
  const port = await bound(["s1"], { lasts: 300 });
  assert.deepEqual(await bind(port, ["s1", "s2"], { lasts: 100 }), ["handshake s1", "handshake s2"]);
  await clock.advance(100_000);
  assert.deepEqual(port.look(), ["expired-token s2"]);
  assert.deepEqual(upstream.channels[0].unbound, ["s2"]);
  assert.deepEqual(await bind(port, ["s1"], { lasts: 600 }), ["handshake s1"]);
  await clock.advance(599_000);
  assert.deepEqual(port.look(), []);
  await clock.advance(1_000);
  assert.deepEqual(port.look(), ["expired-token s1"]);
  assert.deepEqual(port.goodbye, { code: 1008, reason: "expired-token" });
  assert.equal(upstream.channels[0].closed, true);
});

test("a timer that is late delivers nothing beyond the token", async (t) => {
  const { clock, bound, upstream } = setup(t);
  const port = await bound(["s1"], { lasts: 60 });
  clock.jump(60_000);
  upstream.channels[0].tell(event("s1"), "s1");
  assert.deepEqual(port.look(), ["expired-token s1"]);
  assert.equal(port.goodbye.reason, "expired-token");
});

test("a renewal that is under way when the old token expires has the last word", async (t) => {
  const { clock, upstream, bound, bind } = setup(t);
  const port = await bound(["s1"], { lasts: 60 });
  const answer = later();
  upstream.onBind = () => answer.promise;
  await bind(port, ["s1"], { lasts: 300 });
  await clock.advance(61_000);
  assert.deepEqual(port.look(), []);
  answer.resolve({ ids: ["s1"], omitted: [] });
  await clock.advance(238_000);
  assert.equal(port.goodbye, null);
  await clock.advance(1_000);
  assert.equal(port.goodbye.reason, "expired-token");
});

test("a renewal that fails after the old token has expired leaves nothing", async (t) => {
  const { clock, upstream, bound, bind } = setup(t);
  const port = await bound(["s1"], { lasts: 60 });
  const answer = later();
  upstream.onBind = () => answer.promise;
  await bind(port, ["s1"], { lasts: 300 });
  await clock.advance(61_000);
  answer.reject(new WsbindError("upstream-unavailable", "10.0.0.7 refused the connection"));
  await settle();
  assert.deepEqual(port.sent.map(spoken), ["upstream-unavailable", "expired-token s1"]);
  assert.equal(port.goodbye.reason, "expired-token");
  assert.ok(!port.sent.join().includes("10.0.0.7"), "what is behind the gate is nobody's business");
});

test("binds are handled in turn, and no more than sixteen wait", async (t) => {
  const answer = later();
  const { upstream, connect, token } = setup(t);
  upstream.onBind = async (grant, channel) => {
    await answer.promise;
    channel.tell(frame(grant.ids[0]), grant.ids[0]);
    return { ids: grant.ids, omitted: [] };
  };
  const [patient, pushy] = [connect(), connect()];
  for (const [port, times] of [[patient, 17], [pushy, 18]]) {
    for (let i = 0; i < times; i++) port.session.frame(`bind-with-token ${await token([`s${i}`])}`);
  }
  await settle();
  assert.equal(upstream.channels[0].grants.length, 1);
  assert.deepEqual(pushy.look(), ["too-many-requests"]);
  assert.deepEqual(pushy.goodbye, { code: 1008, reason: "too-many-requests" });
  answer.resolve();
  await settle();
  assert.deepEqual(patient.look(), Array.from({ length: 17 }, (_, i) => `handshake s${i}`));
});

test("a socket has no more Subscriptions than it may, and the token is not spent on it", async (t) => {
  const { connect, bound, token } = setup(t, { limits: { bound: 2 } });
  const port = await bound(["s1", "s2"]);
  const text = `bind-with-token ${await token(["s2", "s3"])}`;
  port.session.frame(text);
  await settle();
  assert.deepEqual(port.look(), ["too-many-requests"]);
  const other = connect();
  other.session.frame(text);
  await settle();
  assert.deepEqual(other.look(), ["handshake s2", "handshake s3"]);
});

test("what could not be bound is named after the handshakes", async (t) => {
  const { upstream, connect, bind } = setup(t);
  upstream.onBind = (grant, channel) => {
    channel.tell(frame("s1"), "s1");
    return { ids: ["s1"], omitted: [{ id: "s2", error: new WsbindError("unknown-subscription", "gone") }] };
  };
  const port = connect();
  assert.deepEqual(await bind(port, ["s1", "s2"]), ["handshake s1", "unknown-subscription s2"]);
  upstream.channels[0].tell(event("s2"), "s2");
  assert.deepEqual(port.look(), [], "it is not bound");
});

test("the client is told when the server is lost, and of the end when it does not come back", async (t) => {
  const { upstream, bound, told } = setup(t);
  const port = await bound();
  const { listener } = upstream.channels[0];
  listener.lost(new WsbindError("upstream-unavailable", "10.0.0.7 is away"));
  assert.deepEqual(port.look(), ["upstream-unavailable"]);
  listener.notification(frame("s1"), "s1");
  listener.outcome(JSON.stringify({ resourceType: "OperationOutcome", issue: [{ severity: "error", code: "throttled" }] }));
  assert.deepEqual(port.look(), ["handshake s1", "throttled"]);
  listener.failed(new WsbindError("upstream-unavailable", "10.0.0.7 is away"));
  assert.deepEqual(port.look(), ["upstream-unavailable"]);
  assert.deepEqual(port.goodbye, { code: 1013, reason: "upstream-unavailable" });
  assert.match(told("upstream-lost")[0].detail, /10\.0\.0\.7/);
});

test("a slow reader is told goodbye, by what waits or by what is sent", async (t) => {
  const { clock, upstream, bound } = setup(t, { limits: { maxQueue: 1000, bytesPerSecond: 1000 } });
  const told = await bound();
  told.buffered = 1000;
  upstream.channels[0].tell(event("s1"), "s1");
  assert.equal(told.goodbye, null);
  told.buffered = 1001;
  upstream.channels[0].tell(event("s1", 2), "s1");
  assert.deepEqual(told.goodbye, { code: 1013, reason: "slow-reader" });
  assert.deepEqual(told.look(), ["event-notification s1"], "nothing is added to what waits");

  const untold = await bound();
  untold.buffered = undefined;
  let sent = 0;
  for (; sent < 100 && untold.goodbye === null; sent++) {
    upstream.channels[1].tell(event("s1", sent + 1), "s1");
    await clock.advance(event("s1").length); // a byte in a millisecond is what it may have
  }
  assert.equal(sent, 100);
  for (; untold.goodbye === null; sent++) upstream.channels[1].tell(event("s1", sent + 1), "s1");
  assert.ok(sent > 103 && sent < 110, `${sent} were sent, four seconds' worth and one more were to be`);
  assert.equal(untold.goodbye.reason, "slow-reader");
});

test("whoever does not answer a goodbye is cut off", async (t) => {
  const { clock, gate, connect } = setup(t);
  const port = connect({ polite: false });
  port.session.frame("hello");
  await settle();
  assert.equal(gate.sockets, 1);
  port.session.frame("hello");
  await clock.advance(3_000);
  assert.equal(port.cut, true);
  assert.equal(gate.sockets, 0);
  assert.deepEqual(port.look(), ["expected-bind"], "after a goodbye nothing is answered");
  port.session.closed();
});

test("a client that leaves takes everything along", async (t) => {
  const { clock, gate, upstream, bound, told } = setup(t);
  const before = clock.pending;
  const port = await bound();
  port.session.closed();
  upstream.channels[0].tell(event("s1"), "s1");
  assert.deepEqual([port.look(), upstream.channels[0].closed, gate.sockets, clock.pending], [[], true, 0, before]);
  assert.deepEqual(told("socket-closed"), [{ event: "socket-closed", socket: 1, code: undefined, detail: undefined }]);
});

test("a client that leaves during a bind has bound nothing", async (t) => {
  const answer = later();
  const { gate, upstream, connect, bind, told } = setup(t);
  upstream.onBind = () => answer.promise;
  const port = connect();
  await bind(port);
  port.session.closed();
  answer.resolve({ ids: ["s1"], omitted: [] });
  await settle();
  assert.deepEqual([gate.sockets, told("bound"), told("bind-refused"), upstream.channels[0].closed], [0, [], [], true]);
});

test("a channel that does not say whose a frame is, is believed until something has ended", async (t) => {
  const upstream = Object.assign(new FakeUpstream(), { tags: false });
  const { clock, bound, bind } = setup(t, { upstream });
  const port = await bound(["s1"], { lasts: 60 });
  await bind(port, ["s2"]);
  const [channel] = upstream.channels;
  channel.tell("any text at all");
  assert.deepEqual(port.sent.splice(0), ["any text at all"]);
  await clock.advance(60_000);
  assert.deepEqual(port.look(), ["expired-token s1"]);
  for (const text of [event("s1"), event("s2"), "any text at all"]) channel.tell(text);
  assert.deepEqual(port.look(), ["event-notification s2"]);
  await bind(port, ["s1"]);
  channel.tell(event("s1", 2));
  assert.deepEqual(port.look(), ["event-notification s1"]);
});

const strangers = {
  "was revoked before": async ({ gate }) => gate.revoke({ subscription: "s2" }),
  "could not be bound": ({ upstream }) => {
    upstream.onBind = (_, channel) => {
      channel.tell(frame("s1"), "s1");
      return { ids: ["s1"], omitted: [{ id: "s2", error: new WsbindError("upstream-unavailable", "late") }] };
    };
  },
  "nobody asked for": ({ upstream }) => {
    upstream.onBind = ({ ids: [id] }, channel) => {
      for (const one of [id, "s2"]) channel.listener.notification(frame(one), one);
      return { ids: [id], omitted: [] };
    };
  },
};
for (const [what, prepare] of Object.entries(strangers)) {
  test(`a server that sends what ${what} is read from then on`, async (t) => {
    const upstream = Object.assign(new FakeUpstream(), { tags: false });
    const world = setup(t, { upstream });
    await prepare(world);
    const port = await world.bound(what === "nobody asked for" ? ["s1"] : ["s1", "s2"]);
    for (const id of ["s2", "s1"]) upstream.channels[0].tell(event(id));
    assert.deepEqual(port.look(), ["event-notification s1"]);
  });
}

const oddity = frame("s1", "event-notification", { count: 1 });
const checks = {
  report: ["event-notification s1"],
  drop: [],
  annotate: ["missing-event", "event-notification s1"],
};
for (const [check, due] of Object.entries(checks)) {
  test(`notifications of the server that are not valid: ${check}`, async (t) => {
    const { upstream, bound, told } = setup(t, { check });
    const port = await bound();
    upstream.channels[0].tell(oddity, "s1");
    assert.deepEqual(port.look().map((said) => said.replace(/^missing-event .*/, "missing-event")), due);
    upstream.channels[0].tell(event("s1"), "s1");
    assert.deepEqual(port.look(), ["event-notification s1"]);
    assert.deepEqual(told("notification-refused").map(({ code, socket }) => [code, socket]), [["missing-event", 1]]);
  });
}

test("a bug is told as one, and to the operator in full", async (t) => {
  const { connect, events } = setup(t, { verifier: { verify: async () => { throw new Error("the database is at 10.0.0.7"); } } });
  const port = connect();
  port.session.frame("bind-with-token a.b.c");
  await settle();
  assert.match(port.sent[0], /Internal error\./);
  assert.deepEqual(port.look(), ["internal"]);
  assert.deepEqual(port.goodbye, { code: 1011, reason: "internal" });
  assert.match(events.find(({ event }) => event === "bind-refused").detail, /10\.0\.0\.7/);
});

test("keys that cannot be had say nothing about the token", async (t) => {
  const { connect } = setup(t, { verifier: { verify: async () => { throw new WsbindError("keys-unavailable", "http://10.0.0.7/jwks"); } } });
  const port = connect();
  port.session.frame("bind-with-token a.b.c");
  await settle();
  assert.ok(!port.sent[0].includes("10.0.0.7"));
  assert.deepEqual(port.goodbye, { code: 1013, reason: "keys-unavailable" });
});

test("an observer that throws harms nobody", async (t) => {
  const { connect, bind } = setup(t, { observe: () => { throw new Error("no disk"); } });
  assert.deepEqual(await bind(connect()), ["handshake s1"]);
});
