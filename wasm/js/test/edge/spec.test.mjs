// In front of a FHIR server that speaks the guide's protocol: the gate's own token,
// its renewal, and the server's loss and return.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../client/clock.mjs";
import { FakeServer, json } from "../client/fake.mjs";
import { outcome } from "../client/bundles.mjs";
import { outcomeFrame, setup, settle, spoken } from "./world.mjs";

/** A gate, and the server behind it. */
function behind(t, { ids = ["s1", "s2", "s3"], upstream = {}, ...options } = {}) {
  const clock = new VirtualClock();
  const server = new FakeServer(clock, { ids });
  const { fetch, WebSocket, base } = server;
  const world = setup(t, {
    upstream: { dialect: "spec", base, fhir: "R5", headers: { authorization: "Bearer gate" }, fetch, WebSocket, ...upstream }, ...options,
  }, clock);
  return { server, ...world, clock, asked: () => server.calls("$get-ws-binding-token") };
}

const hour = { lasts: 3_600 };

test("the gate binds with a token of its own, and frames pass as they are", async (t) => {
  const { server, bound, asked, connect, bind, told } = behind(t);
  const port = connect();
  assert.deepEqual(await bind(port, ["s2", "s1"]), ["handshake s2", "handshake s1"]);
  assert.equal(server.sockets.length, 1);
  assert.equal(asked()[0].headers.get("authorization"), "Bearer gate");
  assert.deepEqual(asked()[0].parameters, [{ name: "id", valueId: "s2" }, { name: "id", valueId: "s1" }]);
  const odd = '{ "resourceType" : "Bundle" }';
  server.sockets[0].deliver(odd);
  assert.deepEqual(port.sent.splice(0), [odd]);
  server.emit("s1", 2);
  assert.deepEqual(port.look(), ["event-notification s1", "event-notification s1"]);
  await bound(["s3"]);
  assert.equal(server.sockets.length, 2, "each client's socket has its own");
  assert.ok(told("upstream-opened").length === 2 && !port.sent.join().includes("secret."));
});

test("more binds go over the same connection, and a renewal of the client's has the server's handshake", async (t) => {
  const { server, bound, bind, asked } = behind(t);
  const port = await bound(["s1"]);
  server.emit("s1", 3);
  port.look();
  assert.deepEqual(await bind(port, ["s2"]), ["handshake s2"]);
  assert.deepEqual(await bind(port, ["s1", "s2"]), ["handshake s1", "handshake s2"]);
  assert.deepEqual([server.sockets.length, asked().length], [1, 3]);
});

test("handshakes are told in the token's order, and nothing before them", async (t) => {
  const { server, connect, bind } = behind(t);
  server.onBind = (socket, ids) => {
    server.emit("s1"); // a server may have an event overtake the handshake
    for (const id of ids.toReversed()) server.handshake(id, socket);
    server.emit("s3");
  };
  assert.deepEqual(await bind(connect(), ["s1", "s2", "s3"]), [
    "handshake s1", "event-notification s1", "handshake s2", "handshake s3", "event-notification s3",
  ]);
});

test("what is bound goes on while the server binds more", async (t) => {
  const { server, bound, bind } = behind(t);
  const port = await bound(["s1"]);
  server.onBind = () => {};
  assert.deepEqual(await bind(port, ["s2"]), []);
  server.emit("s1");
  server.emit("s2");
  assert.deepEqual(port.look(), ["event-notification s1"]);
  server.handshake("s2", server.sockets[0]);
  assert.deepEqual(port.look(), ["handshake s2", "event-notification s2"]);
});

test("of a list those that the server binds are bound, and the others named", async (t) => {
  const ids = Array.from({ length: 9 }, (_, i) => `s${i + 1}`);
  const { server, connect, bind, asked } = behind(t, { ids });
  server.subscriptions.get("s4").status = "off";
  const first = connect();
  await bind(first, ["gone", ...ids]);
  await settle(); // a request for each half takes its time
  assert.deepEqual(first.sent.map(spoken), [
    ...ids.filter((id) => id !== "s4").map((id) => `handshake ${id}`), "unknown-subscription gone s4",
  ]);
  assert.ok(asked().length < 16, `${asked().length} requests were made`);
  const port = connect();
  assert.deepEqual(await bind(port, ["gone", "gone-too"]), ["unknown-subscription"]);
  assert.deepEqual(port.goodbye, { code: 1008, reason: "unknown-subscription" });
});

test("many that are gone do not lead to as many requests", async (t) => {
  const { connect, bind, asked } = behind(t);
  const port = connect();
  await bind(port, Array.from({ length: 500 }, (_, i) => `gone-${i}`));
  for (let i = 0; i < 50 && port.goodbye === null; i++) await settle();
  assert.deepEqual(port.goodbye, { code: 1008, reason: "unknown-subscription" });
  assert.ok(asked().length <= 66, `${asked().length} requests were made`);
});

const answers = {
  "404": [() => json(404, outcome("not-found", "no")), 1008, "unknown-subscription"],
  "410": [() => json(410, outcome("gone", "no")), 1008, "unknown-subscription"],
  "422": [() => json(422, outcome("business-rule", "no")), 1008, "unknown-subscription"],
  "401": [() => json(401, outcome("login-required", "no")), 1011, "upstream-refused"],
  "403": [() => json(403, outcome("forbidden", "no")), 1011, "upstream-refused"],
  "no answer that can be read": [() => json(200, { resourceType: "Patient" }), 1011, "upstream-refused"],
  "a redirect": [() => new Response(null, { status: 302, headers: { location: "https://evil.example/" } }), 1011, "upstream-refused"],
  "more than is read": [() => json(200, " ".repeat(9 << 20)), 1011, "upstream-refused"],
  "429": [() => json(429, outcome("throttled", "no"), { "Retry-After": "3600" }), 1013, "upstream-unavailable"],
  "500": [() => json(500, outcome("exception", "no")), 1013, "upstream-unavailable"],
  "no connection": [() => { throw new TypeError("fetch failed: 10.0.0.9"); }, 1013, "upstream-unavailable"],
};
for (const [name, [make, code, reason]] of Object.entries(answers)) {
  test(`the gate's request for a token is answered by ${name}`, async (t) => {
    const { server, connect, bind, told } = behind(t);
    server.answer("$get-ws-binding-token", make, 9);
    const port = connect();
    assert.deepEqual(await bind(port), [reason]);
    assert.deepEqual(port.goodbye, { code, reason });
    assert.equal(server.sockets.length, 0);
    assert.equal(told("upstream-refused").length, reason === "upstream-refused" ? 1 : 0);
    assert.ok(told("bind-refused")[0].detail.length > 10);
  });
}

const openings = {
  "does not open": [(server) => { server.onOpen = () => "ECONNREFUSED 10.0.0.9"; }, 1013, "upstream-unavailable", 0],
  "never opens": [(server) => { server.onOpen = () => "hang"; }, 1013, "upstream-unavailable", 10_000],
  "does not answer the bind": [(server) => { server.onBind = () => {}; }, 1013, "upstream-unavailable", 10_000],
  "closes instead": [(server) => { server.onBind = (socket) => socket.shut(1008, "invalid-token"); }, 1013, "upstream-unavailable", 0],
  "refuses the token": [(server) => { server.onBind = (socket) => socket.deliver(outcomeFrame("invalid-token", `${socket.sent[0]} is no good`)); }, 1011, "upstream-refused", 0],
  "does not know the Subscription any more": [(server) => { server.onBind = (socket) => socket.deliver(outcomeFrame("unknown-subscription", "gone")); }, 1008, "unknown-subscription", 0],
  "is behind a websocket-url that is not protected": [(server) => { server.base = server.base.replace("http:", "https:"); }, 1011, "upstream-refused", 0],
};
for (const [name, [prepare, code, reason, wait]] of Object.entries(openings)) {
  test(`the server ${name}`, async (t) => {
    const clock = new VirtualClock();
    const server = new FakeServer(clock);
    prepare(server);
    const { fetch, WebSocket, base } = server;
    const { connect, bind, told } = setup(t, { upstream: { dialect: "spec", base, fhir: "R5", fetch, WebSocket } }, clock);
    const port = connect();
    const said = await bind(port);
    if (wait > 0) {
      assert.deepEqual(said, []);
      await clock.advance(wait);
    }
    assert.deepEqual(port.goodbye, { code, reason });
    assert.ok(!JSON.stringify([port.sent, told("bind-refused")]).includes("secret."), "the gate's own token is told to nobody");
    assert.equal(server.open.length, 0);
  });
}

test("a token of the server's for more than was asked is not used", async (t) => {
  const { server, connect, bind, told } = behind(t);
  server.answer("$get-ws-binding-token", () => json(200, server.grant({ token: "secret.all.x", ids: ["s1", "Subscription/s3"] })));
  const port = connect();
  assert.deepEqual(await bind(port, ["s1"]), ["upstream-refused"]);
  assert.deepEqual([server.sockets.length, told("upstream-refused").map(({ detail }) => /s3/.test(detail))], [0, [true]]);
});

test("what waits for a handshake is bounded in bytes, too", async (t) => {
  const { server, connect, bind, told } = behind(t, { limits: { upstreamFrame: 20_000 } });
  server.onBind = (socket) => {
    for (let number = 1; number <= 3; number++) {
      const bundle = server.bundle("s1", { type: "event-notification", count: number, events: [number] });
      socket.deliver(JSON.stringify({ ...bundle, id: "x".repeat(9_000) }));
    }
  };
  assert.deepEqual(await bind(connect(), ["s1"]), ["upstream-refused"]);
  assert.match(told("bind-refused")[0].detail, /20000/);
});

test("some handshakes do not come", async (t) => {
  const { clock, server, connect, bind } = behind(t);
  server.onBind = (socket) => { server.handshake("s1", socket); server.handshake("s3", socket); };
  const port = connect();
  assert.deepEqual(await bind(port, ["s1", "s2", "s3"]), ["handshake s1"]);
  await clock.advance(10_000);
  assert.deepEqual(port.look(), ["handshake s3", "upstream-unavailable s2"]);
});

test("the gate renews its token before it expires, and the client does not notice", async (t) => {
  const { clock, server, bound, asked } = behind(t);
  const port = await bound(["s1", "s2"], hour);
  await clock.advance(224_000);
  assert.equal(asked().length, 1);
  await clock.advance(2_000);
  assert.equal(asked().length, 2, "in the last quarter of its 300 s");
  await clock.advance(1_000_000);
  assert.equal(asked().length, 6);
  assert.deepEqual(port.look(), []);
  server.emit("s2");
  assert.deepEqual(port.look(), ["event-notification s2"]);
  assert.equal(server.sockets.length, 1);
});

test("a renewal is tried again until the token is over, and for a while beyond", async (t) => {
  const { clock, server, bound, asked } = behind(t, { upstream: { patience: 60 } });
  const port = await bound(["s1"], hour);
  server.answer("$get-ws-binding-token", () => json(503, outcome("transient", "later")), 4);
  await clock.advance(299_000);
  assert.equal(asked().length, 6);
  assert.equal(port.goodbye, null);
  server.answer("$get-ws-binding-token", () => json(503, outcome("transient", "later")), 1e4);
  await clock.advance(600_000);
  assert.deepEqual(port.look(), ["upstream-unavailable"]);
  assert.deepEqual(port.goodbye, { code: 1013, reason: "upstream-unavailable" });
});

test("a websocket-url that changes: all that is bound moves, and the old connection is closed then", async (t) => {
  const { clock, server, bound, bind } = behind(t);
  const port = await bound(["s1", "s2"], hour);
  server.socketURL = "ws://server.example/ws/2";
  await clock.advance(230_000);
  assert.deepEqual(server.sockets.map(({ url, readyState }) => [url.at(-1), readyState]), [["1", 3], ["2", 1]]);
  assert.deepEqual(port.look(), []);
  server.socketURL = "ws://server.example/ws/3";
  assert.deepEqual(await bind(port, ["s3"], hour), ["handshake s3"]);
  assert.deepEqual(server.open.map(({ url, ids }) => [url.at(-1), ids]), [["3", ["s1", "s2", "s3"]]]);
  for (const id of ["s1", "s2", "s3"]) server.emit(id);
  assert.deepEqual(port.look(), ["event-notification s1", "event-notification s2", "event-notification s3"]);
});

test("a websocket-url that is another one each time", async (t) => {
  const { clock, server, bound, bind } = behind(t);
  let number = 0;
  Object.defineProperty(server, "socketURL", { get: () => `ws://server.example/ws/${++number}` });
  const port = await bound(["s1"], hour);
  assert.deepEqual(await bind(port, ["s2"], hour), ["handshake s2"]);
  await clock.advance(600_000);
  assert.equal(server.open.length, 1);
  server.emit("s1");
  assert.deepEqual(port.look(), ["event-notification s1"]);
});

test("a Subscription that is gone at a renewal is told, and the others go on", async (t) => {
  const { clock, server, bound } = behind(t);
  const port = await bound(["s1", "s2"], hour);
  server.subscriptions.get("s1").status = "off";
  await clock.advance(230_000);
  assert.deepEqual(port.look(), ["unknown-subscription s1"]);
  server.subscriptions.get("s2").status = "off";
  await clock.advance(230_000);
  assert.deepEqual(port.look(), ["unknown-subscription"]);
  assert.deepEqual(port.goodbye, { code: 1008, reason: "unknown-subscription" });
});

test("a server that is lost and comes back: the client is told, stays, and has handshakes", async (t) => {
  const { clock, server, bound, told } = behind(t);
  const port = await bound(["s1", "s2"], hour);
  server.onOpen = () => "ECONNREFUSED";
  server.sockets[0].shut(1006);
  await clock.advance(20_000);
  assert.deepEqual(port.look(), ["upstream-unavailable"]);
  const attempts = server.sockets.length;
  assert.ok(attempts >= 5 && attempts <= 8, `${attempts} attempts, with pauses that grow`);
  server.emit("s1", 3, { drop: true });
  server.onOpen = () => true;
  await clock.advance(15_000);
  assert.deepEqual(port.look(), ["handshake s1", "handshake s2"]);
  server.emit("s2");
  assert.deepEqual(port.look(), ["event-notification s2"]);
  assert.equal(port.goodbye, null);
  assert.equal(told("upstream-lost").length, 1);
  await clock.advance(600_000);
  assert.deepEqual([port.look(), server.open.length], [[], 1], "and its token is renewed as ever");
});

test("a server that is lost between two handshakes", async (t) => {
  const { clock, server, connect, bind } = behind(t);
  const whole = server.onBind;
  server.onBind = (socket) => { server.handshake("s1", socket); socket.shut(1006); };
  const port = connect();
  assert.deepEqual(await bind(port, ["s1", "s2"], hour), ["handshake s1", "upstream-unavailable", "upstream-unavailable s2"]);
  server.onBind = whole;
  await clock.advance(2_000);
  assert.deepEqual(port.look(), ["handshake s1"]);
  assert.deepEqual(await bind(port, ["s2"], hour), ["handshake s2"]);

  server.sockets.at(-1).shut(1006);
  server.onBind = (socket) => { server.handshake("s1", socket); socket.shut(1006); };
  await clock.advance(400);
  server.onBind = whole;
  await clock.advance(5_000);
  assert.deepEqual(port.look(), ["upstream-unavailable", "handshake s1", "handshake s1", "handshake s2"]);
  for (const id of ["s1", "s2"]) server.emit(id);
  assert.deepEqual(port.look(), ["event-notification s1", "event-notification s2"]);
  assert.deepEqual([server.open.length, port.goodbye], [1, null]);
});

test("a handshake that does not come at a renewal is waited for again", async (t) => {
  const { clock, server, bound } = behind(t);
  const port = await bound(["s1", "s2"], hour);
  const whole = server.onBind;
  server.onBind = (socket) => server.handshake("s1", socket);
  await clock.advance(250_000);
  server.onBind = whole;
  await clock.advance(600_000);
  assert.deepEqual(port.look(), []);
  server.emit("s2");
  assert.deepEqual(port.look(), ["event-notification s2"]);
});

test("a server that does not come back: patience has an end", async (t) => {
  const { clock, server, bound, gate } = behind(t, { upstream: { patience: 20 } });
  const port = await bound(["s1"], hour);
  server.onOpen = () => "ECONNREFUSED";
  server.sockets[0].shut(1012);
  await clock.advance(19_000);
  assert.deepEqual(port.look(), ["upstream-unavailable"]);
  assert.equal(port.goodbye, null);
  await clock.advance(2_000);
  assert.deepEqual(port.look(), ["upstream-unavailable"]);
  assert.deepEqual(port.goodbye, { code: 1013, reason: "upstream-unavailable" });
  assert.deepEqual([gate.sockets, clock.pending], [0, 0]);
});

test("a bind while the server is lost fails or succeeds by itself, and what was bound returns", async (t) => {
  const { clock, server, bound, bind } = behind(t);
  const port = await bound(["s1"], hour);
  server.onOpen = () => "ECONNREFUSED";
  server.sockets[0].shut(1006);
  await settle();
  assert.deepEqual(await bind(port, ["s2"], hour), ["upstream-unavailable", "upstream-unavailable"]);
  server.onOpen = () => true;
  assert.deepEqual(await bind(port, ["s2"], hour), ["handshake s2"]);
  await clock.advance(2_000);
  assert.deepEqual(port.look(), ["handshake s1"]);
  assert.deepEqual(server.open.map(({ ids }) => ids), [["s2", "s1"]]);
});

test("a server that ends the gate's binding is asked for another", async (t) => {
  const { clock, server, bound } = behind(t);
  const port = await bound(["s1"], hour);
  server.sockets[0].deliver(outcomeFrame("expired-token", "Subscription/s1 is bound no more"));
  await clock.advance(1_000);
  assert.deepEqual(port.look(), ["upstream-unavailable", "handshake s1"]);
  server.sockets.at(-1).deliver(outcomeFrame("too-many-requests", "slow down, secret.2.x"));
  assert.ok(!port.sent.join().includes("secret."));
  assert.deepEqual(port.look(), ["too-many-requests"], "what else the server says is the client's");
  assert.equal(server.open.length, 1);
});

test("a Subscription that is gone when the server is back", async (t) => {
  const { clock, server, bound } = behind(t);
  const port = await bound(["s1", "s2"], hour);
  server.subscriptions.delete("s1");
  server.sockets[0].shut(1006);
  await clock.advance(2_000);
  assert.deepEqual(port.look(), ["upstream-unavailable", "handshake s2", "unknown-subscription s1"]);
  server.subscriptions.delete("s2");
  server.sockets.at(-1).shut(1006);
  await clock.advance(2_000);
  assert.deepEqual(port.look(), ["upstream-unavailable", "unknown-subscription"]);
  assert.equal(port.goodbye.reason, "unknown-subscription");
});

test("after an expiry the server may go on, and the client hears nothing of it", async (t) => {
  const { clock, server, bound, bind, asked } = behind(t);
  const port = await bound(["s1"], { lasts: 100 });
  await bind(port, ["s2"], hour);
  await clock.advance(100_000);
  assert.deepEqual(port.look(), ["expired-token s1"]);
  server.emit("s1");
  server.emit("s2");
  assert.deepEqual(port.look(), ["event-notification s2"]);
  await clock.advance(200_000);
  assert.deepEqual(asked().at(-1).id, "s2", "what ended is not renewed");
});

test("frames of the server that are no text, or too long, are left out", async (t) => {
  const { server, bound, told } = behind(t, { limits: { upstreamFrame: 1_000_000 } });
  const port = await bound(["s1"]);
  server.sockets[0].deliver(new Uint8Array(3));
  server.sockets[0].deliver("x".repeat(1_000_001));
  assert.deepEqual(port.sent, []);
  assert.deepEqual(told("notification-refused").map(({ code }) => code), ["binary-frame", "frame-too-large"]);
});

test("a client that leaves, at any moment, leaves nothing behind", async (t) => {
  for (const stage of ["asking", "opening", "binding", "bound", "lost"]) {
    const { clock, server, connect, token, gate } = behind(t);
    if (stage === "asking") server.answer("$get-ws-binding-token", () => new Promise(() => {}));
    if (stage === "opening") server.onOpen = () => "hang";
    if (stage === "binding") server.onBind = () => {};
    const port = connect();
    port.session.frame(`bind-with-token ${await token()}`);
    await settle();
    if (stage === "lost") server.sockets[0].shut(1006);
    await settle();
    port.session.closed();
    await settle();
    assert.deepEqual([gate.sockets, clock.pending, server.open.length], [0, 0, 0], stage);
    await clock.advance(100_000);
    assert.deepEqual([clock.pending, server.open.length], [0, 0], stage);
  }
});
