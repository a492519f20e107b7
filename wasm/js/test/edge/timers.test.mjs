// Many timers on one: they ring as they would by themselves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Timers } from "../node_modules/wsbind/dist/edge/timers.js";
import { VirtualClock } from "../client/clock.mjs";

/** Sets timers, stops some, and lets time pass, as the seed has it; returns what rang, and when. */
async function ring(seed, wrap) {
  const clock = new VirtualClock(0), timers = wrap(clock), rung = [], set = [];
  const random = (n) => (seed = (seed * 48_271) % 0x7fffffff) % n;
  for (let step = 0; step < 60; step++) {
    for (let i = random(6); i > 0; i--) set.push(timers.setTimeout(() => rung.push(`${step}.${i} at ${clock.now()}`), random(40)));
    for (let i = random(4); i > 0 && set.length > 0; i--) timers.clearTimeout(set[random(set.length)]);
    await clock.advance(random(15));
  }
  await clock.advance(40);
  assert.equal(clock.pending, 0);
  return rung;
}

test("they ring in their order and at their time, those that were not stopped", async () => {
  for (const seed of [1, 2, 3]) {
    const rung = await ring(seed, (clock) => new Timers(clock));
    assert.ok(rung.length > 50);
    assert.deepEqual(rung, await ring(seed, (clock) => clock));
  }
});

test("they take one timer, and none when none is set", () => {
  const clock = new VirtualClock(), timers = new Timers(clock);
  const set = [5, 3, 9, 3, 1].map((milliseconds) => timers.setTimeout(() => {}, milliseconds));
  assert.equal(clock.pending, 1);
  for (const timer of set) timers.clearTimeout(timer);
  assert.equal(clock.pending, 0);
});

test("a clock that is set back keeps none of them waiting", async () => {
  const clock = new VirtualClock(), timers = new Timers(clock), rung = [];
  for (const milliseconds of [3_000, 5_000]) timers.setTimeout(() => rung.push(milliseconds), milliseconds);
  clock.setBack(3_600_000);
  await clock.advance(3_000);
  assert.deepEqual(rung, [3_000]);
  await clock.advance(2_000);
  assert.deepEqual(rung, [3_000, 5_000]);
});

test("one that fails does not keep the others from ringing", async () => {
  const clock = new VirtualClock(), timers = new Timers(clock);
  let rung = false;
  timers.setTimeout(() => { throw new Error("a bug"); }, 1);
  timers.setTimeout(() => (rung = true), 2);
  await assert.rejects(clock.advance(1), /a bug/);
  await clock.advance(1);
  assert.ok(rung);
});
