// Definitions: loaded at run time, kept beyond traps and beyond the number that
// an instance keeps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "wsbind";
import { codesOf, definition, module, request, ruin, thrown, watch } from "./kit/support.mjs";

const kit = await load();

test("a definition is a contract at once", () => {
  const loaded = kit.define(definition("alpha"));
  assert.deepEqual([loaded.code, loaded.type, loaded.system, loaded.resources], ["alpha", true, false, ["Subscription"]]);
  assert.deepEqual(loaded.parameters.map(({ name, use, min, max, type }) => [name, use, min, max, type]), [["alpha", "in", 1, "1", "string"]]);
  assert.deepEqual([loaded.repairs, loaded.issues], [[], []]);
  assert.equal(kit.validateRequest(request("alpha"), { definition: loaded }).valid, true);
  assert.deepEqual(codesOf(kit.validateRequest(request("beta"), { definition: loaded }).issues), ["unknown-parameter", "missing-parameter"]);
});

test("it is frozen, through and through", () => {
  const frozen = (value) => typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
  assert.ok(frozen(kit.define(definition("alpha"))));
});

test("blunders are repaired and listed, or refused where strict", () => {
  const blunder = { ...definition("alpha"), type: "true" };
  assert.deepEqual(codesOf(kit.define(blunder).repairs), ["string-for-boolean"]);
  const err = thrown("string-for-boolean", () => kit.define(blunder, { strict: true }));
  assert.deepEqual(codesOf(err.issues), ["string-for-boolean"]);
});

test("a refused definition tells everything that was found", () => {
  const wrong = { ...definition("alpha"), type: "true", parameter: [{ name: "a", use: "in", min: 2, max: "1", type: "string" }, { name: "b", use: "in", min: 0, max: "1", type: "strang" }] };
  const err = thrown("invalid-cardinality", () => kit.define(wrong));
  assert.deepEqual(codesOf(err.issues), ["invalid-cardinality", "unknown-type"]);
  assert.deepEqual(codesOf(err.repairs), ["string-for-boolean"]);
  assert.equal(err.message, err.issues[0].diagnostics);
  assert.equal(err.expression, err.issues[0].expression[0]);
});

test("built-in definitions can be had by their URL", () => {
  for (const { url, version, code } of kit.describe().definitions) {
    assert.deepEqual([kit.builtIn(url).url, kit.builtIn(`${url}|${version}`).code], [url, code]);
  }
  thrown("not-found", () => kit.builtIn("https://example.org/none"));
});

test("a definition serves every kit, whatever becomes of its bytes", async () => {
  const bytes = new TextEncoder().encode(JSON.stringify(definition("alpha")));
  const loaded = kit.define(bytes);
  bytes.fill(0);
  const buffer = Buffer.from(JSON.stringify(definition("beta")));
  const other = kit.define(buffer);
  buffer.fill(0);
  const second = await load({ module });
  assert.equal(second.validateRequest(request("alpha"), { definition: loaded }).valid, true);
  assert.equal(second.validateRequest(request("beta"), { definition: other }).valid, true);
});

test("definitions survive a trap", async (t) => {
  const made = watch(t);
  const mortal = await load({ module });
  const [alpha, beta] = [mortal.define(definition("alpha")), mortal.define(definition("beta"), { fhir: "R5" })];
  for (const round of [1, 2, 3]) {
    ruin(made.at(-1));
    thrown("trapped", () => mortal.validateRequest(request("alpha"), { definition: alpha }));
    // In another order than before, so that handles differ from those on the last instance.
    for (const [loaded, code] of round === 2 ? [[beta, "beta"], [alpha, "alpha"]] : [[alpha, "alpha"], [beta, "beta"]]) {
      assert.equal(mortal.validateRequest(request(code), { definition: loaded }).valid, true);
      assert.equal(mortal.validateRequest(request("gamma"), { definition: loaded }).valid, false);
    }
    assert.equal(made.length, round + 1);
  }
});

test("there may be more definitions than an instance keeps", async () => {
  const many = await load({ module });
  const { definitions } = many.describe().limits;
  const loaded = Array.from({ length: definitions + 50 }, (_, i) => many.define(definition(`op-${i}`)));
  for (const i of [0, definitions + 49, 1, definitions, 0, 25]) {
    assert.equal(many.validateRequest(request(`op-${i}`), { definition: loaded[i] }).valid, true, `op-${i}`);
    assert.equal(many.validateRequest(request(`op-${i + 1}`), { definition: loaded[i] }).valid, false, `op-${i}`);
  }
});
