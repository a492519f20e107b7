// Ten thousand clients with nothing good to bind, as fast as they can.
import assert from "node:assert/strict";
import { newKey } from "./keys.mjs";
import { exchange, frame } from "./raw.mjs";
import { memoryOf } from "./runtimes.mjs";

const total = 10_000;
const atOnce = 100;
const perEvent = 500;

/** What memory may grow by in the second half. Five thousand sockets that were kept would take more. */
const bound = 64 * 2 ** 20;

export async function burst(world, tell) {
  const good = await world.bound(["s1"]);
  const forged = await world.issue(["s1"], { key: await newKey("first") });
  const bad = ["hello", "bind-with-token", "bind-with-token a.b.c", `bind-with-token ${forged}`].map((text) => frame(text));
  const memory = [await memoryOf(world.gate.pid)];
  const started = performance.now();
  for (let half = 0; half < 2; half++) {
    await many(world, bad, total / 2);
    memory.push(await memoryOf(world.gate.pid));
  }
  const seconds = (performance.now() - started) / 1000;
  const [before, between, after] = memory.map((bytes) => Math.round(bytes / 2 ** 20));
  tell(`${total} bad binds in ${seconds.toFixed(1)} s; MiB of memory before, halfway and after: ${before}, ${between}, ${after}`);
  const numbers = await good.numbers("s1", total / perEvent);
  assert.deepEqual(numbers, Array.from(numbers, (_, i) => numbers[0] + i));
  assert.ok(memory[2] - memory[1] < bound, `memory grew from ${between} to ${after} MiB`);
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
