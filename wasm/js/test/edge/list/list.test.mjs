// The list: every gate, in front of every dialect, does every step.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cannot } from "./cannot.mjs";
import { gates } from "./cells.mjs";
import { steps } from "./steps.mjs";
import { build } from "./world.mjs";

const dialects = ["spec", "medplum", "legacy"];
// LIST=Deno,Bun runs theirs alone.
const chosen = gates.filter(({ runtime }) => process.env.LIST?.split(",").includes(runtime) ?? true);

describe("the list", { concurrency: 2, timeout: 240_000 }, () => {
  for (const { runtime, prepare } of chosen) {
    describe(runtime, () => {
      let prepared;
      before(async () => (prepared = await prepare()));
      after(() => prepared?.end());

      for (const dialect of dialects) {
        describe(`${runtime}, ${dialect}`, { concurrency: 1, timeout: 60_000 }, () => {
          let world;
          before(async () => (world = await build({ dialect, start: prepared.start })));
          after(() => world?.end());

          for (const { name, run, dialects: only = dialects } of steps.filter((step) => (step.dialects ?? dialects).includes(dialect))) {
            const why = cannot.find((row) => row.runtime === runtime && row.step === name && only.includes(dialect))?.why;
            test(why ? `cannot: ${name}` : name, async (t) => {
              if (why === undefined) return run(world, (line) => t.diagnostic(`${runtime}: ${line}`));
              t.diagnostic(`${runtime}: ${why}`);
              await assert.rejects(run(world, () => {}), "it can: take it off the list");
            });
          }
        });
      }
    });
  }
});
