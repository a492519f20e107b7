// Which events are fresh, repeated, filled and missing, for those who only watch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventTracker } from "wsbind";
import { random } from "./random.mjs";

const status = (type, count, numbers = [], id = "s") => ({
  id: "", type, subscription: `Subscription/${id}`, status: "active", topic: "", errors: [],
  eventsSinceSubscriptionStart: count === null ? null : BigInt(count),
  events: numbers.map((n) => ({ eventNumber: n === null ? null : BigInt(n), timestamp: "", interaction: "", focus: null, additionalContext: [] })),
});
const ranges = (list) => list.map(({ from, to }) => `${from}-${to}`);
const short = ({ fresh, repeated, filled, missing }) => [fresh.map(Number), repeated.map(Number), filled.map(Number), ranges(missing)];

const event = (count, numbers = [count]) => ["event-notification", count, numbers];
const shake = (count) => ["handshake", count];
const query = (numbers) => ["query-event", 99, numbers];

/** By name: the notifications, what the last of them tells, what is outstanding, the last event. */
const cases = {
  "the next event": [[shake(4), event(5)], [[5], [], [], []], [], 5],
  "an event that comes twice": [[event(5), event(5)], [[], [5], [], []], [], 5],
  "a gap": [[shake(4), event(8)], [[8], [], [], ["5-7"]], ["5-7"], 8],
  "a gap that $events fills": [[shake(4), event(8), query([5, 6, 7])], [[5, 6, 7], [], [5, 6, 7], []], [], 8],
  "a gap that is filled in part": [[shake(4), event(9), query([6, 9])], [[6], [9], [6], []], ["5-5", "7-8"], 9],
  "a part that comes again": [[shake(4), event(9), query([6]), query([6, 7])], [[7], [6], [7], []], ["5-5", "8-8"], 9],
  "a late event, beside a new one": [[shake(4), event(6), event(7, [7, 5])], [[5, 7], [], [5], []], [], 7],
  "a handshake that counts more": [[event(3), shake(5)], [[], [], [], ["4-5"]], ["4-5"], 5],
  "a heartbeat that counts more": [[event(3), ["heartbeat", 4]], [[], [], [], ["4-4"]], ["4-4"], 4],
  "a status that was asked for counts more": [[event(3), ["query-status", 6]], [[], [], [], ["4-6"]], ["4-6"], 6],
  "a heartbeat that counts nothing": [[["heartbeat", null]], [[], [], [], []], [], null],
  "what was before the watch is fresh once, and never missing": [[event(5), query([3, 4]), query([2, 3])], [[2], [3], [], []], [], 5],
  "two gaps in one notification": [[shake(0), event(7, [2, 5, 7])], [[2, 5, 7], [], [], ["1-1", "3-4", "6-6"]], ["1-1", "3-4", "6-6"], 7],
  "events without a number": [[shake(4), ["event-notification", null, [null, 0]]], [[], [], [], []], [], 4],
  "a lower count": [[event(5), shake(2)], [[], [], [], []], [], 5],
};
for (const [name, [list, last, missing, number]] of Object.entries(cases)) {
  test(name, () => {
    const tracker = new EventTracker();
    const told = list.map((what) => tracker.note(status(...what)));
    assert.deepEqual(short(told.at(-1)), last);
    assert.deepEqual(ranges(tracker.missing("s")), missing);
    assert.equal(tracker.last("s"), number === null ? null : BigInt(number));
    assert.deepEqual([told[0].subscription, told.some((t) => t.restarted)], ["s", false]);
  });
}

test("from the beginning, what came before is missing", () => {
  const tracker = new EventTracker({ start: "beginning" });
  assert.deepEqual(short(tracker.note(status("event-notification", 3, [3]))), [[3], [], [], ["1-2"]]);
  assert.deepEqual(short(tracker.note(status("query-event", 3, [1]))), [[1], [], [1], []]);
  assert.deepEqual(ranges(tracker.missing("s")), ["2-2"]);
});

test("a Subscription that is created anew counts anew once an event proves it", () => {
  const tracker = new EventTracker();
  for (const what of [shake(8), event(11), shake(1)]) tracker.note(status(...what));
  assert.deepEqual(ranges(tracker.missing("s")), ["9-10"]);
  const told = tracker.note(status(...event(2)));
  assert.deepEqual([short(told), told.restarted, tracker.last("s")], [[[2], [], [], []], true, 2n]);
  assert.deepEqual(ranges(tracker.missing("s")), [], "the gaps of the former one are not its own");
  assert.deepEqual(short(tracker.note(status(...query([1])))), [[1], [], [], []]);
});

test("beside another connection a lower count proves nothing", () => {
  const tracker = new EventTracker();
  tracker.note(status(...event(10)));
  tracker.note(status(...shake(9)), false);
  const told = tracker.note(status(...event(10)));
  assert.deepEqual([short(told), told.restarted], [[[], [10], [], []], false]);
});

test("Subscriptions are counted apart, and an unknown one has nothing", () => {
  const tracker = new EventTracker();
  tracker.note(status("event-notification", 5, [5], "a"));
  tracker.note(status("event-notification", 9, [9], "b"));
  tracker.note(status("event-notification", 7, [7], "a"));
  assert.deepEqual([ranges(tracker.missing("a")), ranges(tracker.missing("b")), tracker.missing("c"), tracker.last("c")], [["6-6"], [], [], null]);
});

test("its memory has bounds", () => {
  const tracker = new EventTracker();
  for (let n = 1; n <= 2_401; n += 2) tracker.note(status("event-notification", n, [n]));
  const missing = ranges(tracker.missing("s"));
  assert.deepEqual([missing.length, missing.at(-1)], [1_000, "2400-2400"], "the oldest are forgotten");
  for (let i = 1; i < 1_002; i++) tracker.note(status("handshake", 5, [], `s${i}`));
  assert.deepEqual([tracker.last("s999"), tracker.last("s1000"), tracker.last("s1001")], [5n, null, null]);
});

test("bad options are refused", () => {
  for (const options of [{ start: "later" }, { begin: "now" }, null]) assert.throws(() => new EventTracker(options), { code: "invalid-option" });
});

test("in any order and number, it says what a naive book says", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const rand = random(seed);
    const tracker = new EventTracker({ start: "beginning" });
    const seen = new Set();
    let known = 0;
    for (let i = 0; i < 40; i++) {
      const numbers = Array.from({ length: Math.floor(rand() * 4) }, () => 1 + Math.floor(rand() * 30));
      const count = rand() < 0.3 ? Math.floor(rand() * 30) : null;
      const counts = numbers.length === 0 && count !== null;
      const told = tracker.note(status(counts ? "heartbeat" : "query-event", count, numbers));
      const distinct = [...new Set(numbers)].sort((a, b) => a - b);
      assert.deepEqual(told.fresh.map(Number), distinct.filter((n) => !seen.has(n)), `seed ${seed}`);
      assert.deepEqual(told.repeated.map(Number), distinct.filter((n) => seen.has(n)), `seed ${seed}`);
      assert.deepEqual(told.filled.map(Number), distinct.filter((n) => !seen.has(n) && n <= known), `seed ${seed}`);
      for (const n of distinct) seen.add(n);
      known = Math.max(known, ...distinct, counts ? count : 0);
      const outstanding = tracker.missing("s").flatMap(({ from, to }) => Array.from({ length: Number(to - from) + 1 }, (_, k) => Number(from) + k));
      assert.deepEqual(outstanding, Array.from({ length: known }, (_, k) => k + 1).filter((n) => !seen.has(n)), `seed ${seed}`);
    }
  }
});
