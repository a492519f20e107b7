// Ten thousand clients with nothing good to bind, as fast as they can.
import assert from "node:assert/strict";
import { newKey } from "./keys.mjs";
import { exchange, frame } from "./raw.mjs";
import { memoryOf } from "./runtimes.mjs";

const total = 10_000;
const atOnce = 100;
const perEvent = 500;

/**
 * What memory may grow by in the second half. It grew by 13 MiB at most when this was
 * written, and would by 49 MiB if 10 KiB were kept of each bad bind. BURSTS=3 has more
 * bursts follow, to see how it goes on.
 */
const bound = 32 * 2 ** 20;
const bursts = Number(process.env.BURSTS ?? 1);

export async function burst(world, tell) {
  const good = await world.bound(["s1"]);
  const forged = await world.issue(["s1"], { key: await newKey("first") });
  const bad = ["hello", "bind-with-token", "bind-with-token a.b.c", `bind-with-token ${forged}`].map((text) => frame(text));
  const halves = 2 * bursts, memory = [await memoryOf(world.gate.pid)];
  const started = performance.now();
  for (let half = 0; half < halves; half++) {
    await many(world, bad, total / 2);
    memory.push(await memoryOf(world.gate.pid));
  }
  const seconds = (performance.now() - started) / 1000;
  const grown = memory.map((bytes) => Math.round(bytes / 2 ** 20)).join(", ");
  tell(`${bursts * total} bad binds in ${seconds.toFixed(1)} s; MiB of memory before, and after each ${total / 2}: ${grown}`);
  const numbers = await good.numbers("s1", (bursts * total) / perEvent);
  assert.deepEqual(numbers, Array.from(numbers, (_, i) => numbers[0] + i));
  assert.ok(memory[halves] - memory[1] < bound * (halves - 1), `memory grew: ${grown} MiB`);
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
