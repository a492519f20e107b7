// Issues are read when somebody looks at them; nobody should notice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { load } from "wsbind";

const kit = await load();
const wrong = '{"resourceType":"Parameters","parameter":[{"name":"x"}]}';
const fresh = () => kit.validateResponse(wrong);

test("a verdict is a plain object", () => {
  const { valid, issues } = fresh();
  const plain = { valid, issues };
  assert.equal(valid, false);
  assert.equal(issues[0].code, "unknown-parameter");
  assert.deepEqual(fresh(), plain);
  assert.deepEqual({ ...fresh() }, plain);
  assert.deepEqual(structuredClone(fresh()), plain);
  assert.deepEqual(Object.entries(fresh()), Object.entries(plain));
  assert.equal(JSON.stringify(fresh()), JSON.stringify(plain));
  assert.equal(inspect(fresh()), inspect(plain));
  assert.equal(Object.getPrototypeOf(fresh()), Object.prototype);
});

test("the issues are read once", () => {
  const verdict = fresh();
  assert.equal(verdict.issues, verdict.issues);
  assert.deepEqual(Object.getOwnPropertyDescriptor(verdict, "issues"), { value: verdict.issues, enumerable: true, configurable: true, writable: true });
});

test("a frozen verdict can be read", () => {
  const verdict = Object.freeze(fresh());
  assert.deepEqual(verdict.issues, fresh().issues);
});

test("a document with nothing but remarks is valid", () => {
  const { valid, issues } = kit.validateNotification({ resourceType: "Bundle", type: "message" });
  assert.equal(valid, true);
  assert.deepEqual(issues.map(({ severity, code }) => [severity, code]), [["information", "not-a-notification"]]);
});

test("what inherits from a verdict has its own issues or none", () => {
  assert.equal(Object.create(fresh()).issues, undefined);
});
