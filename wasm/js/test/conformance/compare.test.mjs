import assert from "node:assert/strict";
import { test } from "node:test";
import { problems, table } from "./compare.mjs";

const good = { name: "a", due: "11", version: "1", cases: 3, failures: [], module: "11", results: "22", seconds: 0 };
const withB = (changes) => problems([good, { ...good, name: "b", ...changes }], 3);

test("rows that agree have no problems", () => {
  assert.deepEqual(withB({}), []);
  assert.deepEqual(problems([{ ...good, due: null, module: "" }, good], 3), []);
});

test("every way to differ is a problem that names the runtime", () => {
  for (const [changes, said] of [
    [{ cases: 2 }, /2 cases, 3 are due/],
    [{ cases: 0 }, /no cases/],
    [{ module: "33" }, /module with the SHA-256 33/],
    [{ results: "33" }, /results are 33/],
    [{ failures: [{ case: "x", want: "1", got: "2" }] }, /x\n {2}want 1\n {2}got {2}2/],
  ]) {
    const found = withB(changes);
    assert.equal(found.length, 1, JSON.stringify(changes));
    assert.match(found[0], /^b: /);
    assert.match(found[0], said);
  }
});

test("a Node is the one that its name says", () => {
  const node = { ...good, name: "Node 20", version: "v20.1.0" };
  assert.deepEqual(problems([node], 3), []);
  assert.match(problems([{ ...node, version: "v24.1.0" }], 3)[0], /it was Node v24/);
});

test("of many failures the first are shown, where they begin to differ", () => {
  const text = "x".repeat(1000);
  const failures = Array.from({ length: 5 }, (_, i) => ({ case: `${i}`, want: `${text}1`, got: `${text}2` }));
  const found = withB({ failures });
  assert.equal(found.length, 4);
  assert.ok(found[0].length < 600);
  assert.match(found[3], /2 more failures/);
});

test("the table has a line for each row", () => {
  assert.equal(table([good, good]).split("\n").length, 3);
});
