// The bridge to R4's websocket: bind ID, bound ID, ping ID.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFrame } from "../node_modules/wsbind/dist/edge/upstream/frame.js";
import { bridged, omitted, settle } from "./bridged.mjs";

for (const fhir of ["R4", "R4B", "R5"]) {
  test(`each ping is an event without content in ${fhir}`, async (t) => {
    const { server, channel } = bridged(t, "legacy", { fhir });
    const a = channel();
    await a.bind("s1");
    server.emit("s1", 2);
    await settle();
    assert.deepEqual(a.take(), ["handshake s1 0", "event-notification s1 1", "event-notification s1 2"]);
    assert.deepEqual(a.listener.frames.map(({ entry }) => entry.length), [1, 1, 1]);
  });
}

test("each Subscription has a socket of its own, and the others do not hear of its end", async (t) => {
  const { clock, server, channel } = bridged(t, "legacy", { subscriptions: { s1: {}, s2: {} } });
  const a = channel();
  await a.bind("s1", "s2");
  a.take();
  assert.deepEqual(server.sockets.map(({ url, sent }) => `${url} ${sent}`).sort(), ["ws://server.example/websocket bind s1", "ws://server.example/websocket bind s2"]);
  server.open.find((s) => s.bound.has("s1")).shut(1011);
  server.emit("s2");
  await clock.advance(2_000);
  assert.deepEqual(a.take(), ["event-notification s2 1", "lost upstream-unavailable", "handshake s1 0"].sort((x) => x.startsWith("event") ? -1 : 0));
});

test("the option websocketUrl is due", (t) => {
  assert.throws(() => bridged(t, "legacy", { websocketUrl: undefined }), { code: "invalid-option", message: /websocketUrl/ });
});

test("there is nothing but pings for a Subscription that asks for more, unless resources are fetched", async (t) => {
  const subscriptions = { empty: {}, ids: { content: "id-only" }, full: { content: "full-resource", criteria: "Encounter" } };
  const { channel, server } = bridged(t, "legacy", { subscriptions });
  assert.deepEqual(omitted(await channel().bind("ids", "empty", "full")), { ids: "subscription-not-bindable", full: "subscription-not-bindable" });
  assert.equal(server.sockets.length, 1);
  const fetching = bridged(t, "legacy", { subscriptions, fetchResources: true }).channel();
  const bound = await fetching.bind("ids", "empty", "full");
  assert.deepEqual(omitted(bound), { ids: "subscription-not-bindable" }); // a topic is no search
  assert.deepEqual(bound.ids, ["empty", "full"]);
});

for (const [what, close, code] of [
  ["HAPI's protocol error", 1002, "unknown-subscription"],
  ["a goodbye", 1001, "upstream-unavailable"],
  ["a refusal", 1008, "upstream-refused"],
]) {
  test(`a bind that is answered by ${what} fails with ${code}`, async (t) => {
    const { server, channel, events } = bridged(t, "legacy");
    server.received = (socket) => socket.shut(close);
    await assert.rejects(channel().bind("s1"), { code });
    assert.deepEqual(events.map((e) => [e.event, e.code, e.subscriptions]), [[close === 1001 ? "upstream-lost" : "upstream-refused", code, ["s1"]]]);
  });
}

test("a bind that is not answered fails", async (t) => {
  const { clock, server, channel } = bridged(t, "legacy", { timeout: 3 });
  server.silent = true;
  const bind = channel().bind("s1").catch(({ code }) => code);
  await clock.advance(3_000);
  assert.equal(await bind, "upstream-refused");
  assert.equal(server.open.length, 0);
});

test("a frame that cannot be read is reported, and no more", () => {
  const told = [];
  const core = { readFrame: () => { throw new Error("trapped"); } };
  assert.equal(readFrame(core, "ping s1", "legacy", { fhir: "R4", maxBytes: 100, observe: (event) => told.push(event.code) }), null);
  assert.deepEqual(told, ["internal"]);
});

test("what is no ping of the Subscription is nothing", async (t) => {
  const { server, channel } = bridged(t, "legacy");
  const a = channel();
  await a.bind("s1");
  for (const frame of ["ping s2", "ping", "pong s1", "bound s1", "bind s1", "", "{}", new Uint8Array(4), `ping ${"s".repeat(1 << 20)}`]) server.open[0].deliver(frame);
  await settle();
  assert.deepEqual(a.take(), ["handshake s1 0"]);
});
