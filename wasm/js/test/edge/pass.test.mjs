// In front of a FHIR server whose own tokens clients bind with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../client/clock.mjs";
import { FakeServer } from "../client/fake.mjs";
import { outcomeFrame, settle, setup } from "./world.mjs";

function behind(t, options = {}) {
  const clock = new VirtualClock();
  const server = new FakeServer(clock, { ids: ["s1", "s2"] });
  // It reads what the gate has verified.
  server.bindOf = (frame) => JSON.parse(atob(frame.split(".")[1])).subscription;
  const { fetch, WebSocket, base } = server;
  const upstream = { dialect: "pass", base, fhir: "R5", websocketUrl: "ws://server.example/ws?key=1", fetch, WebSocket };
  return { server, ...setup(t, { upstream, ...options }, clock) };
}

test("the bind frame goes on as it came, once it is verified", async (t) => {
  const { server, connect, bind, token } = behind(t);
  const bad = connect();
  bad.session.frame(`bind-with-token ${await token()}x`);
  await settle();
  assert.deepEqual([bad.goodbye.reason, server.sockets.length], ["invalid-token", 0]);
  const port = connect();
  const good = await token(["s2", "s1"]);
  port.session.frame(`bind-with-token: ${good}`);
  await settle();
  assert.deepEqual(port.look(), ["handshake s2", "handshake s1"]);
  assert.deepEqual(server.sockets[0].sent, [`bind-with-token ${good}`]);
  assert.deepEqual(await bind(port, ["s1"]), ["handshake s1"]);
  server.emit("s1");
  server.emit("s2");
  server.sockets[0].deliver("whatever else");
  assert.deepEqual(port.sent.splice(2), ["whatever else"]);
  assert.deepEqual(port.look(), ["event-notification s1", "event-notification s2"]);
  assert.deepEqual([server.sockets.length, server.requests.length], [1, 0]);
});

const refusals = [
  ["already-used", 1008, "already-used"],
  ["invalid-token", 1008, "invalid-token"],
  ["unknown-subscription", 1008, "unknown-subscription"],
  ["security", 1008, "invalid-token"],
];
for (const [code, status, reason] of refusals) {
  test(`the server's word on a bind is the client's: ${code}`, async (t) => {
    const { server, connect, bind } = behind(t);
    server.onBind = (socket) => socket.deliver(outcomeFrame(code, `no: ${socket.sent[0]}`));
    const port = connect();
    assert.deepEqual(await bind(port), [reason]);
    assert.deepEqual(port.goodbye, { code: status, reason });
    assert.equal(server.open.length, 0);
  });
}

const goodbyes = [
  [1008, "expired-token", 1008, "expired-token"],
  [1013, "slow-reader", 1013, "slow-reader"],
  [1001, "going-away", 1001, "going-away"],
  [1011, "internal", 1011, "internal"],
  [1008, "because", 1013, "upstream-unavailable"],
  [1006, "", 1013, "upstream-unavailable"],
];
for (const [theirs, said, code, reason] of goodbyes) {
  test(`the server's goodbye is the client's, where it is one of the published: ${theirs} ${said}`, async (t) => {
    const { clock, server, bound, gate } = behind(t);
    const port = await bound();
    server.sockets[0].shut(theirs, said);
    await settle();
    assert.deepEqual(port.goodbye, { code, reason });
    assert.deepEqual([gate.sockets, clock.pending], [0, 0]);
  });
}

test("what the gate ends is heard of no more, whatever the server sends", async (t) => {
  const { clock, server, bound, bind } = behind(t);
  const port = await bound(["s1"], { lasts: 60 });
  await bind(port, ["s2"]);
  await clock.advance(60_000);
  assert.deepEqual(port.look(), ["expired-token s1"]);
  server.emit("s1");
  server.emit("s2");
  server.sockets[0].deliver(outcomeFrame("expired-token", "the server's own word"));
  assert.deepEqual(port.look(), ["event-notification s2"]); // and no second word about the same
});

test("the server's clock is ahead: the gate goes by its own", async (t) => {
  const { clock, server, bound } = behind(t);
  const port = await bound(["s1"], { lasts: 60 });
  server.sockets[0].deliver(outcomeFrame("expired-token", "the server's own word"));
  assert.deepEqual(port.look(), []);
  await clock.advance(60_000);
  assert.deepEqual([port.look(), port.goodbye.reason], [["expired-token s1"], "expired-token"]);
});

test("what the server revokes is told once, by the gate", async (t) => {
  const { server, gate, bound, connect, bind } = behind(t);
  server.add("s3");
  const port = await bound(["s1", "s2"]);
  await bind(port, ["s3"]);
  const [socket] = server.sockets;
  socket.deliver(outcomeFrame("revoked-token", "Subscription/s2 is bound no more."));
  assert.deepEqual(port.look(), ["revoked-token s2"]);
  await gate.revoke({ subscription: "s1" });
  socket.deliver(outcomeFrame("revoked-token", "Subscription/s1 is bound no more.")); // it was told of that as well
  assert.deepEqual([port.look(), port.goodbye], [["revoked-token s1"], null]);
  socket.deliver(outcomeFrame("revoked-token", "Subscription/s3 is bound no more."));
  socket.shut(1008, "revoked-token");
  await settle();
  assert.deepEqual([port.look(), port.goodbye], [["revoked-token"], { code: 1008, reason: "revoked-token" }]);
  const other = connect();
  await bind(other, ["s2"]);
  server.sockets[1].deliver(outcomeFrame("revoked-token", "no more"));
  assert.deepEqual([other.look(), other.goodbye?.reason], [["revoked-token"], "revoked-token"]);
});

test("what ends during a bind is not the bind", async (t) => {
  const { server, bound, token } = behind(t);
  const port = await bound(["s1"]);
  server.onBind = () => {};
  port.session.frame(`bind-with-token ${await token(["s2"])}`);
  await settle();
  server.sockets[0].deliver(outcomeFrame("revoked-token", "Subscription/s1 is bound no more."));
  server.sockets[0].deliver(outcomeFrame("expired-token", "Subscription/s1 is bound no more."));
  await settle();
  server.handshake("s2", server.sockets[0]);
  await settle();
  assert.deepEqual([port.look(), port.goodbye], [["revoked-token s1", "handshake s2"], null]);
});

test("of a token one Subscription was revoked: the server binds it, and nobody hears of it", async (t) => {
  const { server, gate, connect, bind } = behind(t);
  await gate.revoke({ subscription: "s2" });
  const port = connect();
  assert.deepEqual(await bind(port, ["s1", "s2"]), ["handshake s1", "revoked-token s2"]);
  server.emit("s2");
  server.emit("s1");
  assert.deepEqual(port.look(), ["event-notification s1"]);
});

test("a server that cannot be reached", async (t) => {
  const { server, connect, bind, told } = behind(t);
  server.onOpen = () => "ECONNREFUSED";
  const port = connect();
  assert.deepEqual(await bind(port), ["upstream-unavailable"]);
  assert.equal(port.goodbye.code, 1013);
  assert.ok(!JSON.stringify(told("bind-refused")).includes("key=1"), "a URL may hold a secret");
});
