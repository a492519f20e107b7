// Which events are news, duplicates and gaps: the ledger against a naive oracle.
import assert from "node:assert/strict";
import { test } from "node:test";
import { holes, Ledger } from "../node_modules/wsbind/dist/client/gaps.js";
import { random } from "./random.mjs";

const sighting = (type, count, numbers = [], alone = true) => ({
  type, alone,
  count: count === null ? null : BigInt(count),
  numbers: numbers.map((n) => (n === null ? null : BigInt(n))),
});

/** A plan in short: numbers that are delivered, and "a-b" for a range that is filled. */
const short = (plan) => plan.steps.map((s) => (s.fill ? `${s.fill.from}-${s.fill.to}` : s.deliver.map(Number)));

function ledger({ seen = {}, start = "now" } = {}) {
  return new Ledger(Object.entries(seen).map(([id, n]) => [id, BigInt(n)]), start);
}

const cases = [
  ["the next event", { seen: 4 }, ["event-notification", 5, [5]], [[5]], 5],
  ["a duplicate", { seen: 5 }, ["event-notification", 5, [5]], [], 5],
  ["an event twice in one notification", { seen: 4 }, ["event-notification", 5, [5, 5]], [[5]], 5],
  ["an old event beside a new one, out of order", { seen: 4 }, ["event-notification", 5, [5, 3]], [[5]], 5],
  ["a gap", { seen: 4 }, ["event-notification", 8, [8]], ["5-7", [8]], 8],
  ["a hole within a notification", { seen: 4 }, ["event-notification", 8, [5, 8]], [[5], "6-7", [8]], 8],
  ["a handshake that tells of missed events", { seen: 10 }, ["handshake", 12], ["11-12", []], 12],
  ["a heartbeat that tells of missed events", { seen: 10 }, ["heartbeat", 11], ["11-11", []], 11],
  ["a heartbeat without a counter", { seen: 10 }, ["heartbeat", null], [[]], 10],
  ["a handshake with an event, and one more counted", { seen: 10 }, ["handshake", 12, [11]], [[11], "12-12", []], 12],
  ["a handshake with events that are known", { seen: 12 }, ["handshake", 12, [11, 12]], [[]], 12],
  ["an answer of $events, whose counter is the total", { seen: 4 }, ["query-event", 99, [5]], [[5]], 5],
  ["an event-notification whose counter is ahead", { seen: 4 }, ["event-notification", 7, [5]], [[5]], 5],
  ["an event without a number", { seen: 4 }, ["event-notification", null, [null]], [[]], 4],
  ["events numbered 0", { seen: 4 }, ["event-notification", null, [0, 0]], [[]], 4],
  ["a lower counter", { seen: 10 }, ["handshake", 3], [[]], 10],
  ["first of all, a handshake", {}, ["handshake", 12], [[]], 12],
  ["first of all, a handshake without a counter", {}, ["handshake", null], [[]], 0],
  ["first of all, a heartbeat without a counter", {}, ["heartbeat", null], [[]], null],
  ["first of all, an event", {}, ["event-notification", 5, [5]], [[5]], 5],
  ["from the beginning, a handshake", { start: "beginning" }, ["handshake", 3], ["1-3", []], 3],
  ["from the beginning, an event", { start: "beginning" }, ["event-notification", 3, [3]], ["1-2", [3]], 3],
  ["numbers beyond 53 bits", { seen: "9007199254740993" }, ["event-notification", "9007199254740995", ["9007199254740995"]], ["9007199254740994-9007199254740994", [9007199254740995]], 9007199254740995n],
];

for (const [name, { seen, start }, [type, count, numbers], steps, last] of cases) {
  test(name, () => {
    const plan = ledger({ seen: seen === undefined ? {} : { s: seen }, start }).plan("s", sighting(type, count, numbers));
    assert.deepEqual(short(plan), steps);
    assert.equal(plan.last, last === null ? null : BigInt(last));
  });
}

test("a count that begins anew is believed when an event proves it", () => {
  const l = ledger({ seen: { s: 10 } });
  assert.equal(l.plan("s", sighting("handshake", 2)).regressed, 2n);
  assert.deepEqual(short(l.plan("s", sighting("event-notification", 3, [3]))), [[3]]);
  l.note("s", 3n);
  assert.deepEqual(short(l.plan("s", sighting("event-notification", 5, [5]))), ["4-4", [5]]);
});

test("a handshake that always counts 0 makes no event new", () => {
  const l = ledger({ seen: { s: 10 } });
  assert.equal(l.plan("s", sighting("handshake", 0)).regressed, 0n);
  assert.deepEqual(short(l.plan("s", sighting("event-notification", 10, [10]))), []);
  assert.deepEqual(short(l.plan("s", sighting("event-notification", 11, [11]))), [[11]]);
  l.note("s", 11n);
  assert.deepEqual(short(l.plan("s", sighting("event-notification", 1, [1]))), [], "the count went on: 1 is a duplicate");
});

test("a lower count beside another connection proves nothing", () => {
  const l = ledger({ seen: { s: 10 } });
  assert.equal(l.plan("s", sighting("handshake", 9, [], false)).regressed, null);
  assert.deepEqual(short(l.plan("s", sighting("event-notification", 10, [10]))), []);
});

test("Subscriptions are counted apart", () => {
  const l = ledger({ seen: { a: 4, b: 9 } });
  assert.deepEqual(short(l.plan("a", sighting("event-notification", 5, [5]))), [[5]]);
  assert.deepEqual(short(l.plan("b", sighting("event-notification", 5, [5]))), []);
});

test("a server that invents Subscriptions fills no memory", () => {
  const l = ledger();
  for (let i = 0; i < 10_001; i++) l.note(`s${i}`, 5n);
  assert.deepEqual(short(l.plan("s9999", sighting("event-notification", 7, [7]))), ["6-6", [7]]);
  assert.deepEqual(short(l.plan("s10000", sighting("event-notification", 7, [7]))), [[7]], "one more is not kept");
});

test("holes", () => {
  const list = (from, numbers) => holes(BigInt(from), numbers.map(BigInt)).map((r) => `${r.from}-${r.to}`);
  assert.deepEqual(list(5, [5, 6, 7]), []);
  assert.deepEqual(list(5, [7, 8, 11]), ["5-6", "9-10"]);
});

/** A stream of a Subscription's notifications, from which some are dropped, repeated, merged and moved. */
function stream(rand, total) {
  const list = [];
  for (let n = 1; n <= total; n++) {
    const numbers = [n];
    while (n < total && rand() < 0.3) numbers.push(++n);
    if (rand() < 0.2) numbers.reverse();
    if (rand() < 0.75) list.push(["event-notification", n, numbers]);
    if (rand() < 0.2) list.push(["heartbeat", rand() < 0.5 ? n : null, []]);
    if (rand() < 0.1) list.push(["handshake", n, rand() < 0.3 ? [n] : []]);
  }
  for (let i = 0; i < list.length; i++) {
    if (rand() < 0.2) list.splice(Math.floor(rand() * list.length), 0, list[i]);
    if (rand() < 0.1 && i > 0) [list[i - 1], list[i]] = [list[i], list[i - 1]];
  }
  return list;
}

test("whatever is dropped, repeated, merged or moved: every event once, in order", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const rand = random(seed);
    const begin = Math.floor(rand() * 3);
    const l = ledger({ seen: { s: begin } });
    const handed = [];
    let highest = begin;
    for (const [type, count, numbers] of stream(rand, 20)) {
      const plan = l.plan("s", sighting(type, count, numbers, false));
      for (const step of plan.steps) {
        if (step.fill) for (let n = step.fill.from; n <= step.fill.to; n++) handed.push(Number(n));
        else handed.push(...step.deliver.map(Number));
      }
      l.note("s", plan.last);
      // The oracle: after a notification, all that it shows to have happened was handed over.
      highest = Math.max(highest, ...numbers, type === "event-notification" ? 0 : count ?? 0);
      assert.deepEqual(handed, Array.from({ length: highest - begin }, (_, i) => begin + 1 + i), `seed ${seed}`);
    }
  }
});
