// The parts of the client that need neither time nor network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, retryAfter } from "../node_modules/wsbind/dist/client/backoff.js";
import { closeFailure, bindFailure } from "../node_modules/wsbind/dist/client/closing.js";
import { Alarm } from "../node_modules/wsbind/dist/client/clock.js";
import { readOutcome } from "../node_modules/wsbind/dist/client/complaint.js";
import { Heartbeats } from "../node_modules/wsbind/dist/client/heartbeat.js";
import { Handoff } from "../node_modules/wsbind/dist/client/queue.js";
import { renewalDelay, renewalRetry } from "../node_modules/wsbind/dist/client/renewal.js";
import { checkBase, checkSocketURL, idOf, isId, place } from "../node_modules/wsbind/dist/client/urls.js";
import { VirtualClock } from "./clock.mjs";

test("backoff doubles up to its bound, spread over its upper half", () => {
  const bounds = { first: 500, longest: 30_000 };
  assert.deepEqual([0, 1, 2, 5, 6, 7, 5000].map((n) => backoff(bounds, n, 1)), [500, 1000, 2000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual([0, 6].map((n) => backoff(bounds, n, 0)), [250, 15_000]);
});

test("Retry-After is seconds or a date, bounded", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const waits = { "7": 7000, " 120 ": 120_000, "0": 0, "Sun, 01 Mar 2026 12:00:30 GMT": 30_000, "Sun, 01 Mar 2026 11:00:00 GMT": 0,
    "999999": 3_600_000, "soon": 0, "-5": 0, "": 0, "1.5": 0 };
  for (const [header, wait] of Object.entries(waits)) assert.equal(retryAfter(header, now), wait, header);
  assert.equal(retryAfter(null, now), 0);
});

test("a renewal comes in the tenth of the life before the share given", () => {
  assert.equal(renewalDelay(300_000, 0.8, 0), 240_000);
  assert.equal(Math.round(renewalDelay(300_000, 0.8, 1)), 210_000);
  assert.equal(renewalDelay(-5, 0.8, 0), 0);
});

test("a renewal that failed is tried again while the token lasts", () => {
  const bounds = { first: 500, longest: 30_000 };
  assert.equal(renewalRetry(60_000, bounds, 0), 15_000);
  assert.equal(renewalRetry(600_000, bounds, 0), 30_000);
  assert.equal(renewalRetry(400, bounds, 0), 500);
  assert.equal(renewalRetry(60_000, bounds, 50_000), 50_000);
});

test("close codes: what heals and what does not", () => {
  const table = [
    [1000, "", "passing", "connection-lost"], [1001, "going-away", "passing", "going-away"], [1001, "", "passing", "connection-lost"],
    [1006, "", "passing", "connection-lost"], [1011, "internal", "passing", "internal"], [1012, "", "passing", "connection-lost"],
    [1013, "slow-reader", "passing", "slow-reader"], [1008, "bind-timeout", "passing", "bind-timeout"],
    [1008, "expired-token", "passing", "expired-token"], [1008, "revoked-token", "refused", "revoked-token"],
    [1008, "invalid-token", "refused", "invalid-token"], [1008, "already-used", "refused", "already-used"],
    [1008, "expected-bind", "refused", "expected-bind"], [1008, "", "refused", "connection-lost"],
    [1003, "binary-frame", "refused", "binary-frame"], [1007, "invalid-utf8", "refused", "invalid-utf8"],
    [1009, "frame-too-large", "refused", "frame-too-large"], [1002, "", "refused", "connection-lost"],
    [4321, "whatever", "refused", "connection-lost"], [1008, "constructor", "refused", "connection-lost"],
    [1008, "unknown-subscription", "final", "unknown-subscription"],
  ];
  for (const [code, reason, prospect, word] of table) {
    const failure = closeFailure(code, reason);
    assert.deepEqual([failure.prospect, failure.reason.code], [prospect, word], `${code} ${reason}`);
    assert.match(failure.reason.message, new RegExp(`${code}`));
  }
});

test("the slow-reader of a server is no pause of ours", () => {
  assert.equal(closeFailure(1013, "slow-reader").expected, false);
});

test("answers to a bind by a frame", () => {
  const judged = Object.fromEntries(["expired-token", "expired", "invalid-token", "invalid", "not-found", "unknown-subscription", "subscription-not-bindable"]
    .map((code) => [code, bindFailure(code, "x")]).map(([code, f]) => [code, `${f.prospect} ${f.reason.code}`]));
  assert.deepEqual(judged, {
    "expired-token": "passing expired-token", "expired": "passing expired-token",
    "invalid-token": "refused invalid-token", "invalid": "refused invalid-token", "not-found": "refused invalid-token",
    "unknown-subscription": "final unknown-subscription", "subscription-not-bindable": "final unknown-subscription",
  });
});

test("OperationOutcomes are read, whatever they are", () => {
  const read = (value) => readOutcome(typeof value === "string" ? value : JSON.stringify(value));
  assert.deepEqual(read({ resourceType: "OperationOutcome", issue: [{ code: "expired", details: { coding: [{ code: "expired-token" }], text: "t" } }] }), [{ code: "expired-token", text: "t" }]);
  assert.deepEqual(read({ resourceType: "OperationOutcome", issue: [{ code: "expired", diagnostics: "d" }, { code: 3 }] }), [{ code: "expired", text: "d" }, { code: "unknown", text: "unknown" }]);
  for (const odd of ["", "{", "null", "[]", "7", '{"resourceType":"Bundle"}', '{"resourceType":"OperationOutcome"}', '{"resourceType":"OperationOutcome","issue":{}}']) {
    assert.deepEqual(read(odd), [], odd);
  }
  assert.deepEqual(read('{"resourceType":"OperationOutcome","issue":[null,7]}'), [{ code: "unknown", text: "unknown" }, { code: "unknown", text: "unknown" }]);
  const [long] = read({ resourceType: "OperationOutcome", issue: [{ diagnostics: "x".repeat(10_000), code: "y".repeat(1000) }] });
  assert.ok(long.text.length < 310 && long.code.length < 70);
});

test("URLs are named without what is secret", () => {
  assert.equal(place("wss://user:pw@h.example:9/ws/1?token=T#f"), "wss://h.example:9/ws/1");
  assert.equal(place("//user:pw@h/?token=T"), '"//h/"');
});

test("a websocket-url is ws or wss, and no downgrade", () => {
  const judge = (url, base = "https://h/fhir", allow = false) => {
    try {
      checkSocketURL(url, base, allow);
      return "ok";
    } catch (err) {
      return err.prospect;
    }
  };
  assert.equal(judge("wss://other.example/ws"), "ok");
  assert.equal(judge("ws://h/ws"), "final");
  assert.equal(judge("ws://h/ws", "https://h/fhir", true), "ok");
  assert.equal(judge("ws://h/ws", "http://h/fhir"), "ok");
  for (const odd of ["", "/ws", "https://h/ws", "javascript:alert(1)", "ws:"]) assert.equal(judge(odd), "refused", odd);
});

test("bases", () => {
  assert.equal(checkBase("https://h/fhir/R4//"), "https://h/fhir/R4");
  assert.equal(checkBase(new URL("http://h")), "http://h");
  for (const odd of ["", "h/fhir", "ftp://h", "https://h/?a", "https://h/#a", "https://user:secret@h/", 7, null, undefined]) {
    assert.throws(() => checkBase(odd), (err) => err.code === "invalid-option" && !err.message.includes("secret"), String(odd));
  }
});

test("ids", () => {
  for (const id of ["1", "a-B.9", "x".repeat(64)]) assert.ok(isId(id), id);
  for (const id of ["", ".", "..", "a/b", "a?b", "x".repeat(65), "ä"]) assert.ok(!isId(id), id);
  for (const [reference, id] of [["1", "1"], ["Subscription/1", "1"], ["https://h/fhir/Subscription/1/_history/2", "1"], ["", ""]]) assert.equal(idOf(reference), id);
});

test("heartbeats: who is overdue, and who never beats", () => {
  const h = new Heartbeats(2);
  assert.equal(h.deadline, null);
  h.watch("a", 1000, 0);
  h.watch("b", 5000, 0);
  assert.equal(h.deadline, 2000);
  h.heard("a", "event-notification", 1500);
  assert.equal(h.deadline, 3500);
  assert.equal(h.overdue(3499), null);
  assert.deepEqual(h.overdue(3500), { id: "a", silence: 2000, hopeless: false });
  h.restart(3500);
  assert.equal(h.overdue(5500).hopeless, false);
  h.restart(5500);
  assert.equal(h.overdue(7500).hopeless, true);
  assert.equal(h.deadline, 15_500, "a is waited for no longer");
  h.heard("b", "heartbeat", 8000);
  for (const now of [18_000, 28_000, 38_000, 48_000]) {
    assert.equal(h.overdue(now).hopeless, false, "b has shown that it beats");
    h.restart(now);
  }
  h.forget("b");
  assert.equal(h.deadline, null);
});

test("an alarm longer than a timer holds does not ring at once", async () => {
  const clock = new VirtualClock();
  const longest = [];
  const alarm = new Alarm({ ...clock, now: clock.now, setTimeout: (f, ms) => (longest.push(ms), clock.setTimeout(f, ms)) }, () => { rung = clock.now(); });
  let rung = null;
  const begin = clock.now();
  alarm.set(2 ** 31 + 1000);
  await clock.advance(2 ** 31 - 2);
  assert.equal(rung, null);
  await clock.advance(2000);
  assert.equal(rung, begin + 2 ** 31 + 1000);
  assert.ok(longest.every((ms) => ms < 2 ** 31));
});

test("the hand-over: one at a time, acknowledged by the next call", async () => {
  const done = [];
  const h = new Handoff(() => done.push("left"));
  const first = h.next();
  await h.give("a", () => done.push("a"));
  assert.deepEqual(await first, { done: false, value: "a" });
  assert.deepEqual(done, []);
  let taken = false;
  const given = h.give("b", () => done.push("b")).then(() => { taken = true; });
  await Promise.resolve();
  assert.equal(taken, false);
  assert.deepEqual(await h.next(), { done: false, value: "b" });
  await given;
  assert.deepEqual(done, ["a"]);
  const [third, fourth] = [h.next(), h.next()];
  assert.deepEqual(done, ["a", "b"]);
  h.finish(new Error("reason"));
  await assert.rejects(third, /reason/);
  assert.deepEqual(await fourth, { done: true, value: undefined }, "the reason is told once");
  assert.deepEqual(await h.return(), { done: true, value: undefined });
  await h.give("c", () => done.push("c"));
  assert.deepEqual(done, ["a", "b", "left"]);
});
