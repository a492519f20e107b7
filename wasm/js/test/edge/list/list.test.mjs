// The list: every gate, in front of every dialect, does every step.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { cannot } from "./cannot.mjs";
import { gates } from "./cells.mjs";
import { steps } from "./steps.mjs";
import { build } from "./world.mjs";

// LIST=Deno,Bun runs theirs alone, DIALECT=spec that alone.
const chosen = gates.filter(({ runtime }) => process.env.LIST?.split(",").includes(runtime) ?? true);

describe("the list", { concurrency: 2, timeout: 240_000 }, () => {
  for (const { runtime, dialects, prepare } of chosen) {
    describe(runtime, () => {
      let prepared;
      before(async () => (prepared = await prepare()));
      after(() => prepared?.end());

      for (const dialect of dialects.filter((each) => [undefined, each].includes(process.env.DIALECT))) {
        describe(`${runtime}, ${dialect}`, { concurrency: 1, timeout: 60_000 }, () => {
          let world;
          before(async () => (world = await build({ dialect, start: prepared.start })));
          after(() => world?.end());

          for (const { name, run, dialects: only = dialects } of steps) {
            if (!only.includes(dialect)) continue;
            const known = cannot.find((row) => row.runtime === runtime && row.step === name);
            test(known ? `cannot: ${name}` : name, async (t) => {
              if (known === undefined) return run(world, (line) => t.diagnostic(`${runtime}: ${line}`));
              t.diagnostic(`${runtime}: ${known.why}`);
              await assert.rejects(run(world), "it can: take it off the list");
            });
          }
        });
      }
    });
  }
});

test("what a runtime cannot do is in the README's table", async () => {
  const readme = await readFile(new URL("../../../examples/README.md", import.meta.url), "utf8");
  const rows = readme.split("\n").filter((line) => line.startsWith("|")).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const columns = rows.find(([first]) => first === "");
  for (const { runtime, row, why } of cannot) {
    const cells = rows.find(([first]) => first === row);
    assert.ok(cells?.[columns.indexOf(runtime)].includes(why), `${runtime}: ${row}: ${why}`);
  }
});
