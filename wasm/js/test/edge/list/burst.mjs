// Ten thousand clients with nothing good to bind, as fast as they can.
import assert from "node:assert/strict";
import { newKey } from "./keys.mjs";
import { exchange, frame } from "./raw.mjs";
import { memoryOf } from "./runtimes.mjs";

const total = 10_000;
const atOnce = 100;
const perEvent = 500;

/** What memory may grow by. A gate that kept a socket would have grown by several times that. */
const bound = 64 * 2 ** 20;

export async function burst(world, tell) {
  const good = await world.bound(["s1"]);
  const forged = await world.issue(["s1"], { key: { ...(await newKey("first")) } });
  const bad = ["hello", "bind-with-token", "bind-with-token a.b.c", `bind-with-token ${forged}`].map((text) => frame(text));
  await many(world, bad, total / 10); // what is compiled late is not counted
  const before = await memoryOf(world.gate.pid);
  const started = performance.now();
  await many(world, bad, total);
  const after = await memoryOf(world.gate.pid);
  const MiB = (bytes) => Math.round(bytes / 2 ** 20);
  tell(`${total} bad binds in ${((performance.now() - started) / 1000).toFixed(1)} s; memory ${MiB(before)} MiB, then ${MiB(after)}`);
  const due = (total + total / 10) / perEvent;
  const numbers = await good.numbers("s1", due);
  assert.deepEqual(numbers, Array.from({ length: due }, (_, i) => numbers[0] + i));
  assert.ok(after - before < bound, `memory grew by ${MiB(after - before)} MiB`);
  await good.close();
}

// Each is answered, and the client that did well gets its events meanwhile.
async function many(world, bad, count) {
  let begun = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (begun < count) {
      const number = begun++;
      if (number % perEvent === 0) await world.emit("s1");
      const { close, frames } = await exchange(world.url, [bad[number % bad.length]]);
      assert.equal(close?.code, 1008, `bad bind ${number}`);
      assert.equal(frames.length, 1);
    }
  }));
}
