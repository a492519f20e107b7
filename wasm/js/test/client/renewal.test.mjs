// Tokens are renewed in time, on the same socket or on another.
import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./fake.mjs";
import { listening, Reader, settle, setup } from "./setup.mjs";

const s = 1000;

test("a token is renewed on the same socket before it expires", async (t) => {
  const { server, clock, reader } = await listening(t, { renewAfter: 0.8 });
  server.emit("s1", 1);
  await clock.advance(224 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 1);
  await clock.advance(2 * s); // 0.75 of 300 s, since random is 0.5
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  assert.equal(server.sockets.length, 1);
  assert.deepEqual(server.sockets[0].sent, ["bind-with-token secret.1.x", "bind-with-token secret.2.x"]);
  server.emit("s1", 1);
  await clock.advance(600 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 4);
  assert.deepEqual(reader.numbers(), [1, 2]);
  assert.deepEqual(reader.problems, []);
});

test("another websocket-url: the new connection is bound before the old is closed, and nothing is lost or told twice", async (t) => {
  const { server, clock, reader } = await listening(t);
  server.emit("s1", 1);
  await settle();
  server.socketURL = "ws://server.example/ws/2";
  const order = [];
  server.onBind = (socket) => {
    order.push(`bind ${socket.url.at(-1)}, old ${server.sockets[0].readyState === 1 ? "open" : "closed"}`);
    server.handshake("s1", socket);
    server.emit("s1", 2); // to both
  };
  await clock.advance(226 * s);
  assert.deepEqual(order, ["bind 2, old open"]);
  assert.deepEqual(server.sockets.map((x) => x.readyState), [3, 1]);
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.numbers(), [1, 2, 3, 4]);
  assert.equal(server.calls("$events").length, 0);
  assert.deepEqual(reader.problems, []);
  assert.deepEqual(reader.states, ["connecting", "bound"]);
});

test("the old connection stays until each Subscription had its handshake on the new one", async (t) => {
  const { server, clock, reader } = await listening(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"] });
  server.socketURL = "ws://server.example/ws/2";
  server.onBind = (socket) => server.handshake("s1", socket);
  await clock.advance(226 * s);
  assert.deepEqual(server.sockets.map((x) => x.readyState), [1, 1]);
  server.handshake("s2", server.sockets[1]);
  await settle();
  assert.deepEqual(server.sockets.map((x) => x.readyState), [3, 1]);
  assert.deepEqual(reader.problems, []);
});

test("a new connection that fails leaves the old one alone, and is tried again", async (t) => {
  const { server, clock, reader } = await listening(t);
  server.socketURL = "ws://server.example/ws/2";
  server.onOpen = () => "refused";
  await clock.advance(226 * s);
  assert.deepEqual(server.sockets.map((x) => x.readyState), [1, 3]);
  assert.deepEqual(reader.codes(), ["connection-failed"]);
  server.emit("s1", 1);
  await settle();
  server.onOpen = () => true;
  await clock.advance(20 * s); // a quarter of what is left
  assert.deepEqual(server.sockets.map((x) => x.readyState), [3, 3, 1]);
  assert.deepEqual(reader.numbers(), [1]);
});

test("the old connection ends while the new one opens: that is no failure", async (t) => {
  const { server, clock, reader } = await listening(t);
  server.socketURL = "ws://server.example/ws/2";
  server.onOpen = () => {
    server.sockets[0].shut(1001, "going-away");
    server.emit("s1", 1);
    return true;
  };
  await clock.advance(226 * s);
  assert.deepEqual(server.sockets.map((x) => x.readyState), [3, 1]);
  assert.deepEqual(reader.numbers(), [1]);
  assert.deepEqual(reader.states, ["connecting", "bound"]);
});

test("a renewal that fails is tried again while the token lasts, and only then is the session over", async (t) => {
  const { server, clock, reader, client } = await listening(t);
  const bad = () => json(503, "");
  server.answer("$get-ws-binding-token", bad, 100);
  await clock.advance(299 * s);
  assert.equal(client.state, "bound");
  assert.ok(reader.codes().length >= 4 && reader.codes().every((c) => c === "unavailable"), String(reader.codes()));
  server.answers.clear();
  await clock.advance(1 * s);
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.numbers(), [1]);
  assert.equal(server.sockets.length, 1);
});

test("Retry-After is honoured by a renewal", async (t) => {
  const { server, clock } = await listening(t);
  server.answer("$get-ws-binding-token", () => json(429, "", { "Retry-After": "60" }));
  await clock.advance((225 + 59) * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  await clock.advance(2 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 3);
});

test("a renewal that the server refuses in a frame is tried again with another token", async (t) => {
  const { server, clock, reader } = await listening(t);
  const { onBind } = server;
  server.onBind = (socket) => {
    server.onBind = onBind;
    server.outcome("already-used", "the token was used before", socket);
  };
  await clock.advance(260 * s);
  assert.deepEqual(server.sockets[0].sent.length, 3);
  assert.deepEqual(reader.codes(), ["already-used", "already-used"]);
  assert.equal(server.sockets.length, 1);
});

test("a renewal without an answer is a failure, although events go on", async (t) => {
  const { server, clock, reader } = await listening(t, { bindTimeout: 5 });
  const { onBind } = server;
  server.onBind = () => server.emit("s1", 1);
  await clock.advance(229 * s);
  assert.deepEqual(reader.codes(), []);
  await clock.advance(2 * s);
  assert.deepEqual(reader.codes(), ["timeout"]);
  server.onBind = onBind;
  await clock.advance(30 * s);
  assert.equal(server.sockets[0].sent.length, 3);
  assert.deepEqual(reader.numbers(), [1]);
});

test("handshakes that stay out do not keep a short-lived token from being renewed", async (t) => {
  const { server, clock, make } = setup(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"] });
  server.lifetime = 8;
  server.onBind = (socket) => server.handshake("s1", socket);
  const reader = new Reader(make());
  await clock.advance(3.9 * s);
  assert.deepEqual(reader.problems, []);
  await clock.advance(0.2 * s); // half of its life
  assert.deepEqual(reader.problems.map((p) => [p.error.code, p.subscription]), [["timeout", "s2"]]);
  assert.equal(server.sockets[0].sent.length, 1);
  await clock.advance(2 * s); // three quarters of it, as ever
  assert.deepEqual([server.sockets.length, server.sockets[0].sent.length], [1, 2]);
});

test("a binding that expires beside others is renewed at once", async (t) => {
  const { server, clock, reader } = await listening(t);
  server.outcome("expired-token", "Subscription/s1 is bound no more");
  await clock.advance(0);
  assert.equal(server.sockets[0].sent.length, 2);
  assert.deepEqual(reader.codes(), ["expired-token"]);
  server.outcome("expired", "in FHIR's words");
  await clock.advance(1 * s);
  assert.equal(server.sockets[0].sent.length, 3);
});

test("a server that revokes every token is given up", async (t) => {
  const { server, clock, reader } = await listening(t);
  const { onBind } = server;
  server.onBind = (socket, ids) => {
    onBind(socket, ids);
    server.outcome("revoked-token", "Subscription/s1 is bound no more", socket);
  };
  server.outcome("revoked-token", "Subscription/s1 is bound no more");
  await clock.advance(3600 * s);
  assert.equal(reader.error?.code, "revoked-token");
  assert.ok(server.requests.length < 100, `${server.requests.length} requests`);
});

test("the life of a token may be longer than a timer", async (t) => {
  const { server, clock } = await listening(t, {}, {});
  assert.equal(server.calls("$get-ws-binding-token").length, 1);
  server.lifetime = 100 * 86_400;
  await clock.advance(226 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  clock.jump(0);
  await clock.advance(1000 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
});

test("a token that has expired already is refused, and one of the clocks is blamed", async (t) => {
  const { server, clock, reader } = await listening(t, {}, {});
  server.lifetime = -10;
  server.sockets[0].shut(1006);
  await clock.advance(300 * s);
  assert.equal(reader.error?.code, "expired-token");
  assert.match(reader.error.message, /clocks/);
});
