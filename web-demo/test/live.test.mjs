// What the live view makes of the messages that pass: the steps, the events, the
// token's life, the rows of the diagram.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importTS } from "./bundle.mjs";

const { follow, leave, nothing } = await importTS("../src/live/facts.ts");
const { Timeline, short } = await importTS("../src/live/timeline.ts");
const { lifeOf } = await importTS("../src/live/life.ts");
const { rowsOf } = await importTS("../src/live/rows.ts");
const { advanceClock, pageClock, setClock } = await importTS("../src/clock.ts");
const { adviceOn, standingOf } = await importTS("../src/live/told.ts");

const base = "http://localhost/fhir/R4";
const token = { token: "e30.e30.e30", issuer: base, audience: "ws://localhost/ws" };
const grant = { token: token.token, expiration: new Date(60_000), subscriptions: ["s1"], websocketUrl: "ws://localhost/ws" };
let count = 0;

/** Makes a message. */
function message(from, to, kind, rest = {}) {
  return { id: ++count, at: count, from, to, kind, title: "", tone: "plain", head: "", body: "", ...rest };
}

/** Makes a notification that came over the websocket, or from $events. */
function notification(type, numbers, total, from = "socket") {
  const events = numbers.map((n) => ({ eventNumber: BigInt(n), timestamp: "", interaction: "create", focus: { url: `${base}/Encounter/e${n}`, resource: null }, additionalContext: [] }));
  const status = { id: "", type, subscription: `${base}/Subscription/s1`, status: "active", topic: "", eventsSinceSubscriptionStart: BigInt(total), events, errors: [] };
  const verdict = { valid: true, issues: [], notification: { id: "", timestamp: "", searchset: false, statuses: [status] } };
  return message(from, "client", from === "socket" ? "frame" : "answer", { verdict, connection: 1 });
}

const call = "$get-ws-binding-token";
const getToken = [message("client", "server", "request", { call }), message("server", "client", "answer", { call, grant })];
const opened = [message("client", "socket", "opening", { connection: 1 }), message("socket", "client", "open", { connection: 1 })];
const bind = message("client", "socket", "frame", { token, connection: 1 });
const handshake = notification("handshake", [], 0);
const known = (...messages) => messages.flat().reduce(follow, nothing);

test("the steps follow the messages, whoever sends them", () => {
  assert.equal(known(getToken[0]).busy, "token");
  assert.equal(known(getToken).grant, grant);
  assert.equal(known(getToken, opened[0]).busy, "connect");
  assert.deepEqual(known(getToken, opened).open, [1]);
  assert.equal(known(getToken, opened, bind).busy, "bind");
  const bound = known(getToken, opened, bind, handshake);
  assert.deepEqual([bound.bound, bound.busy, bound.renewals], [true, null, 0]);
});

test("on a bound socket a token, a bind and its handshake are a renewal", () => {
  const steps = [getToken, opened, bind, handshake, getToken[0]];
  assert.equal(known(...steps).busy, "renew");
  assert.equal(known(...steps, getToken[1], bind, handshake).renewals, 1);
});

test("a refused bind binds nothing, and the end of the last socket ends the binding", () => {
  const outcome = message("socket", "client", "frame", { body: "{}", connection: 1 });
  assert.deepEqual([known(getToken, opened, bind, outcome).bound, known(getToken, opened, bind, outcome).busy], [false, null]);
  const closed = message("socket", "client", "close", { connection: 1 });
  assert.deepEqual([known(getToken, opened, bind, handshake, closed).bound, known(getToken, opened, bind, handshake, closed).open], [false, []]);
});

test("a client that left has no socket, and takes its token along", () => {
  const bound = known(getToken, opened, bind, handshake);
  assert.deepEqual(leave(bound, undefined), { ...nothing, received: bound.received });
  assert.equal(leave(bound, token.token).grant, grant);
});

test("the next step is the first that is not done, and renewing when it is due", () => {
  const created = { ...nothing, subscriptions: [{ id: "s1", topic: "", status: "active" }] };
  assert.equal(standingOf(nothing, 0, false, true).next, "create");
  assert.equal(standingOf(created, 0, false, true).next, "token");
  const bound = { ...created, grant, received: 0, open: [1], bound: true };
  assert.equal(standingOf(bound, 1_000, false, true).next, "listen");
  assert.equal(standingOf(bound, 1_000, true, true).next, null);
  assert.equal(standingOf(bound, 45_000, true, true).next, "renew");
  assert.equal(standingOf(bound, 45_000, true, false).next, null, "a client renews by itself");
  assert.equal(standingOf({ ...created, grant }, 61_000, false, true).next, "token", "an expired token is no token");
  assert.match(adviceOn("expired-token"), /new token/);
  assert.match(adviceOn("trapped"), /message/);
});

/** The chips as words. */
function chips(timeline) {
  return timeline.strips[0].chips.map((chip) => (chip.kind === "gap" ? `${chip.range.from}-${chip.range.to}:${chip.left}` : `${chip.kind === "again" ? "again " : ""}${chip.number}`));
}

test("gaps show, are filled, and repeated events are marked", () => {
  const timeline = new Timeline();
  timeline.note(notification("event-notification", [1], 1));
  timeline.note(notification("event-notification", [5], 5));
  assert.deepEqual(chips(timeline), ["1", "2-4:3", "5"]);
  assert.equal(timeline.handled("s1"), 1n);
  timeline.note(notification("event-notification", [3], 3));
  assert.deepEqual(chips(timeline), ["1", "2-4:2", "5"]);
  const [entry] = timeline.note(notification("query-event", [2, 3, 4], 5, "server"));
  assert.deepEqual([entry.asked, entry.filled, entry.repeated], [true, [2n, 4n], [3n]]);
  assert.deepEqual(chips(timeline), ["1", "2-4:0", "5", "again 3"]);
  assert.deepEqual(timeline.strips[0].missing, []);
});

test("events before the bind, and those that only a heartbeat counts, are missing", () => {
  const timeline = new Timeline();
  timeline.note(notification("handshake", [], 2));
  assert.deepEqual(chips(timeline), ["1-2:2"]);
  timeline.note(notification("heartbeat", [], 3));
  assert.deepEqual(chips(timeline), ["1-2:2", "3-3:1"]);
});

test("what is remembered of events has a bound", () => {
  const timeline = new Timeline();
  for (let n = 1; n <= 1_000; n++) timeline.note(notification("event-notification", [n], n));
  assert.ok(timeline.entries.length <= 300 && timeline.strips[0].chips.length <= 200);
});

test("a token's life has its tones", () => {
  const tones = [0, 0.5, 0.75, 0.9, 1, 2].map((share) => lifeOf(1_000_000, 1_300_000, 1_000_000 + 300_000 * share).tone);
  assert.deepEqual(tones, ["good", "good", "information", "warning", "bad", "bad"]);
  assert.equal(lifeOf(0, 300_000, 48_000).clock, "4:12");
  assert.match(lifeOf(0, 300_000, 48_000).words, /^4 minutes 12 seconds left/);
  assert.equal(lifeOf(0, 7_200_000, 0).clock, "2:00:00");
});

test("heartbeats in a row are one row", () => {
  const beat = () => notification("heartbeat", [], 0);
  const list = [handshake, beat(), beat(), notification("event-notification", [1], 1), beat()];
  assert.deepEqual(rowsOf(list, true).map(({ kind }) => kind), ["message", "heartbeats", "message", "message"]);
  assert.equal(rowsOf(list, false).length, 5);
});

test("references are short", () => {
  assert.equal(short(`${base}/Encounter/1/_history/2`), "Encounter/1");
  assert.equal(short("Encounter/0d6a2aa5-7638-89e4-b561-d59f8e372034"), "Encounter/0d6a2aa5…");
});

test("a clock that is advanced reads what came before it rings, and stops where a timer is due", async () => {
  const began = Date.UTC(2026, 0, 1);
  setClock(new Date(began));
  const seconds = () => (pageClock.now() - began) / 1000;
  const rang = [];
  let silence;
  const listen = () => {
    pageClock.clearTimeout(silence);
    silence = pageClock.setTimeout(() => rang.push(`silence at ${seconds()}`), 25_000);
  };
  listen();
  pageClock.setTimeout(() => rang.push(`renewed at ${seconds()}`), 40_000);
  const stops = [];
  await advanceClock(60_000, {
    moveServer: async (to) => stops.push((to.getTime() - began) / 1000),
    settled: async () => listen(), // a heartbeat came on the way
  });
  assert.deepEqual(rang, ["renewed at 40"]);
  assert.deepEqual(stops, [25, 40, 60]);
  setClock(null);
});
