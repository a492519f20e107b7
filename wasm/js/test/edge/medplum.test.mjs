// The bridge to Medplum: its tokens, its one socket, its pings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bridged, omitted, publicBase, settle } from "./bridged.mjs";

/** The frames of a type that were sent over all sockets, and their tokens. */
function sent(server, type) {
  return server.sockets.flatMap((s) => s.sent.map(JSON.parse)).filter((f) => f.type === type).map(({ payload }) => payload?.token);
}

for (const fhir of ["R4", "R4B", "R5"]) {
  test(`events are written anew in ${fhir}, cut to the content level`, async (t) => {
    const { server, channel } = bridged(t, "medplum", { fhir, subscriptions: { none: {}, ids: { content: "id-only" }, full: { content: "full-resource" } } });
    const a = channel();
    await a.bind("none", "ids", "full");
    for (const id of ["none", "ids", "full"]) server.emit(id);
    await settle();
    assert.deepEqual(a.take().slice(3), ["event-notification none 1", "event-notification ids 1", "event-notification full 1"]);
    const [none, ids, full] = a.listener.frames.slice(3);
    assert.equal(none.entry.length, 1);
    assert.equal(ids.entry[1]?.resource, undefined);
    assert.equal(ids.entry[1]?.fullUrl ?? `${publicBase}/Communication/c1`, `${publicBase}/Communication/c1`);
    assert.deepEqual(full.entry[1].resource, { resourceType: "Communication", id: "c1", status: "completed" });
    assert.match(JSON.stringify(ids), /gate\.example\/fhir\/Communication\/c1/);
    assert.doesNotMatch(JSON.stringify([none, ids, full]), /server\.example\/fhir/);
  });
}

test("all Subscriptions share a socket, each with a token of its own", async (t) => {
  const { server, channel } = bridged(t, "medplum", { subscriptions: { s1: {}, s2: {} } });
  const a = channel();
  await a.bind("s1", "s2");
  assert.deepEqual(server.sockets.map(({ url }) => url), ["ws://server.example/ws"]);
  assert.deepEqual(server.asked("$get-ws-binding-token").map(({ path }) => path).sort(), ["/fhir/Subscription/s1/$get-ws-binding-token", "/fhir/Subscription/s2/$get-ws-binding-token"]);
  const tokens = sent(server, "bind-with-token");
  assert.equal(new Set(tokens).size, 2);
  a.unbind("s1");
  await settle();
  assert.deepEqual(sent(server, "unbind-from-token"), [tokens.find((token) => server.tokens.get(token).id === "s1")]);
  assert.equal(server.open.length, 1);
  a.unbind("s2");
  await settle();
  assert.equal(server.open.length, 0);
});

test("the option websocketUrl is believed, not the answer; without it only a URL that is as safe as the base", async (t) => {
  const { server, channel } = bridged(t, "medplum", { websocketUrl: "ws://inside.example/ws" });
  await channel().bind("s1");
  assert.deepEqual(server.sockets.map(({ url }) => url), ["ws://inside.example/ws"]);
  const secure = bridged(t, "medplum", { base: "https://server.example/fhir" });
  await assert.rejects(secure.channel().bind("s1"), { code: "upstream-refused", message: /not protected/ });
  assert.equal(secure.server.sockets.length, 0);
});

test("a refused token, and silence", async (t) => {
  const { clock, server, channel } = bridged(t, "medplum", { subscriptions: { s1: {}, s2: {} } });
  const a = channel();
  await a.bind("s1");
  server.tokens.get = () => undefined;
  await assert.rejects(a.bind("s2"), { code: "upstream-refused" });
  assert.deepEqual(sent(server, "unbind-from-token"), []); // the refusal would be taken for the next bind's
  delete server.tokens.get;
  server.silent = true;
  const bind = a.bind("s1", "s2");
  await clock.advance(10_000);
  assert.deepEqual(omitted(await bind), { s2: "unknown-subscription" });
  assert.deepEqual(a.take(), ["handshake s1 0", "handshake s1 0"]);
});

for (const [what, answer] of Object.entries({
  "no JSON": "<html>",
  "no token": '{"resourceType":"Parameters"}',
  "a token that is over": '{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},{"name":"expiration","valueDateTime":"2026-03-01T11:59:59Z"},{"name":"websocket-url","valueUrl":"ws://server.example/ws"}]}',
  "no websocket-url": '{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"}]}',
})) {
  test(`an answer with ${what} is refused`, async (t) => {
    const { server, channel } = bridged(t, "medplum");
    server.intercept = ({ path }) => path.includes("$get") ? new Response(answer) : undefined;
    await assert.rejects(channel().bind("s1"), { code: "upstream-refused" });
    assert.equal(server.sockets.length, 0);
  });
}

test("tokens are renewed before they expire, and the client hears nothing of it", async (t) => {
  const { clock, server, channel } = bridged(t, "medplum");
  server.lifetime = 100;
  const a = channel();
  await a.bind("s1");
  await clock.advance(64_000);
  assert.equal(sent(server, "bind-with-token").length, 1);
  await clock.advance(1_000);
  assert.equal(sent(server, "bind-with-token").length, 2);
  await clock.advance(300_000);
  server.emit("s1");
  await settle();
  assert.deepEqual(a.take(), ["handshake s1 0", "event-notification s1 1"]);
  assert.equal(sent(server, "unbind-from-token").length, 0); // which would end the new binding, too
});

test("a token without an expiration is renewed every few minutes", async (t) => {
  const { clock, server, channel } = bridged(t, "medplum");
  server.intercept = async ({ path }) => {
    if (!path.includes("$get")) return;
    server.tokens.set("t", { id: "s1", expires: Infinity });
    return new Response('{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},{"name":"websocket-url","valueUrl":"ws://server.example/ws"}]}');
  };
  await channel().bind("s1");
  await clock.advance(600_000);
  assert.equal(sent(server, "bind-with-token").length, 2);
});

test("a renewal that fails is tried again while the token lasts, and then it is a loss", async (t) => {
  const { clock, server, channel } = bridged(t, "medplum");
  server.lifetime = 100;
  const a = channel();
  await a.bind("s1");
  server.intercept = ({ path }) => path.includes("$get") ? new Response("", { status: 500 }) : undefined;
  await clock.advance(80_000);
  assert.ok(server.asked("$get").length > 2);
  server.intercept = () => undefined;
  await clock.advance(15_000);
  assert.equal(sent(server, "bind-with-token").length, 2);
  server.intercept = ({ path }) => path.includes("$get") ? new Response("", { status: 500 }) : undefined;
  await clock.advance(110_000);
  assert.deepEqual(a.take(), ["handshake s1 0", "lost upstream-unavailable"]);
  server.intercept = () => undefined;
  await clock.advance(20_000);
  assert.deepEqual(a.take(), ["handshake s1 0"]);
});

test("a Subscription that was deleted is found out when its token is to be renewed", async (t) => {
  const { clock, server, channel } = bridged(t, "medplum", { subscriptions: { s1: {}, s2: {} } });
  server.lifetime = 100;
  const a = channel();
  await a.bind("s1", "s2");
  a.take();
  server.subscriptions.delete("s1");
  await clock.advance(70_000);
  assert.deepEqual(a.take(), ["lost upstream-unavailable", "outcome unknown-subscription s1"]);
  server.emit("s2");
  await settle();
  assert.deepEqual(a.take(), ["event-notification s2 1"]);
});

test("a server that refuses a token by quoting it has it masked", async (t) => {
  const { server, channel, events } = bridged(t, "medplum");
  server.received = (socket, frame) => socket.deliver(JSON.stringify({
    resourceType: "OperationOutcome", issue: [{ severity: "error", code: "invalid", details: { text: `no such token: ${JSON.parse(frame).payload?.token}` } }],
  }));
  const failed = await channel().bind("s1").then(() => assert.fail("it was bound"), (err) => err);
  assert.equal(failed.code, "upstream-refused");
  assert.match(failed.message, /no such token/);
  assert.ok(!`${failed.message} ${failed.cause?.message} ${JSON.stringify(events)}`.includes("upstream-token-1"));
});

test("pings keep the connection, and one that is not answered ends it", async (t) => {
  const { clock, server, channel } = bridged(t, "medplum");
  const a = channel();
  await a.bind("s1");
  await clock.advance(60_000);
  assert.equal(sent(server, "ping").length, 12);
  server.mute = true;
  await clock.advance(9_000);
  assert.deepEqual(a.take(), ["handshake s1 0"]);
  await clock.advance(1_000);
  assert.deepEqual(a.take(), ["lost upstream-unavailable"]);
  server.mute = false;
  await clock.advance(1_000);
  assert.deepEqual(a.take(), ["handshake s1 0"]);
});

test("what is no event is not passed on: Medplum's heartbeats, strange frames, too large ones", async (t) => {
  const { server, channel, events } = bridged(t, "medplum", { subscriptions: { s1: {}, s2: {} } });
  const a = channel();
  await a.bind("s1", "s2");
  a.take();
  const [socket] = server.open;
  for (const frame of [
    server.frame("heartbeat", ["s1", "s2"]), server.frame("handshake", ["s1"]), server.frame("event-notification", ["other"]),
    "no JSON", "[]", "{}", '{"resourceType":"Bundle"}', '{"resourceType":"OperationOutcome","issue":[]}', " ".repeat((1 << 20) + 1), new Uint8Array(3),
  ]) socket.deliver(frame);
  await settle();
  assert.deepEqual(a.take(), []);
  assert.deepEqual(events.filter(({ event }) => event === "notification-refused").map(({ code }) => code), ["frame-too-large", "binary-frame"]);
});

test("an event that cannot be written is missing, and its number says so", async (t) => {
  const { server, channel, events } = bridged(t, "medplum", { subscriptions: { s1: { content: "full-resource" } } });
  const a = channel();
  await a.bind("s1");
  const event = JSON.parse(server.frame("event-notification", ["s1"]));
  event.entry[1].resource.status = null;
  server.open[0].deliver(JSON.stringify(event));
  server.emit("s1");
  await settle();
  assert.deepEqual(a.take(), ["handshake s1 0", "event-notification s1 2"]);
  assert.deepEqual(events.filter(({ event }) => event === "notification-refused").map(({ subscriptions }) => subscriptions), [["s1"]]);
});

test("a Subscription that is left while it waits for its turn is not bound", async (t) => {
  const { clock, server, channel } = bridged(t, "medplum", { subscriptions: { s1: {}, s2: {} } });
  const [a, b] = [channel(), channel()];
  server.silent = true;
  const first = a.bind("s1").catch(({ code }) => code);
  const second = b.bind("s2").catch(({ code }) => code);
  await settle();
  b.close();
  await clock.advance(10_000);
  assert.deepEqual([await first, await second], ["unknown-subscription", "aborted"]);
  assert.equal(sent(server, "bind-with-token").length, 1);
  assert.equal(server.open.length, 0);
  assert.equal(clock.pending, 0);
});
