// Issues are found and read when somebody looks at them, or at once when somebody
// looked before; nobody should notice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { load } from "wsbind";
import { module, watch } from "./kit/support.mjs";

const kit = await load({ module });
const wrong = '{"resourceType":"Parameters","parameter":[{"name":"x"}]}';

// fresh returns a verdict of which nothing was looked at; 16 in a row are so.
let verdicts = [];
function fresh() {
  if (verdicts.length === 0) verdicts = Array.from({ length: 16 }, () => kit.validateResponse(wrong)).filter(isUnread);
  return verdicts.pop();
}

const isUnread = (verdict) => Object.getOwnPropertyDescriptor(verdict, "issues").get !== undefined;

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

test("issues that were never read can be replaced", () => {
  for (const verdict of [fresh(), Object.create(fresh())]) {
    verdict.issues = [];
    assert.deepEqual(Object.getOwnPropertyDescriptor(verdict, "issues"), { value: [], enumerable: true, configurable: true, writable: true });
  }
});

test("a frozen verdict can be read", () => {
  const verdict = Object.freeze(fresh());
  assert.deepEqual(verdict.issues, fresh().issues);
  assert.equal(verdict.issues, verdict.issues);
});

test("a document with nothing but remarks is valid", () => {
  const { valid, issues } = kit.validateNotification({ resourceType: "Bundle", type: "message" });
  assert.equal(valid, true);
  assert.deepEqual(issues.map(({ severity, code }) => [severity, code]), [["information", "not-a-notification"]]);
});

test("what inherits from a verdict has its issues", () => {
  const verdict = fresh();
  assert.equal(Object.create(Object.create(verdict)).issues, verdict.issues);
});

test("a Proxy of a verdict has its issues", () => {
  const plain = { ...fresh() };
  const reactive = (target) => new Proxy(target, { get: (...args) => Reflect.get(...args) }); // as in Vue
  for (const wrap of [(target) => new Proxy(target, {}), reactive, (target) => reactive(reactive(target))]) {
    const verdict = fresh();
    const wrapped = wrap(verdict);
    assert.deepEqual(wrapped.issues, plain.issues);
    assert.equal(wrapped.issues, verdict.issues);
    assert.deepEqual({ ...wrap(Object.freeze(fresh())) }, plain);
    assert.equal(JSON.stringify(wrap(fresh())), JSON.stringify(plain));
  }
});

test("whoever looks at issues gets them at once, and is asked again now and then", async () => {
  const other = await load({ module });
  const judged = (look) => {
    const verdict = other.validateResponse(wrong);
    const unread = isUnread(verdict);
    if (look) void verdict.issues;
    return unread;
  };
  const times = (n, look) => Array.from({ length: n }, () => judged(look));
  assert.deepEqual(times(20, false), Array(20).fill(true));
  assert.equal(judged(true), true);
  assert.deepEqual(times(40, true).filter(Boolean).length, 2);
  assert.deepEqual(times(40, false).filter((unread) => !unread).length <= 15, true);
  assert.equal(judged(false), true);
});

test("what is found later is what would have been found at once", async () => {
  const definition = kit.builtIn("http://hl7.org/fhir/OperationDefinition/Subscription-status");
  const inputs = [
    ["validateResponse", wrong],
    ["validateResponse", wrong, { fhir: "R5", maxIssues: 1, level: "instance" }],
    ["validateResponse", new TextEncoder().encode(wrong)],
    ["validateResponse", JSON.parse(wrong)],
    ["validateResponse", wrong.replace("x", "x".repeat(10_000))],
    ["validateResponse", "{"],
    ["validateResponse", "\ud800"],
    ["validateRequest", wrong],
    ["validateRequest", wrong, { definition }],
    ["validateRequest", "x=1&y=2", { query: true }],
    ["validateRequest", '{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"1"}]}', { definition, fhir: "R5", level: "instance" }],
    ["validateNotification", wrong],
  ];
  for (const [method, document, options] of inputs) {
    const other = await load({ module });
    const own = options?.definition === undefined ? options : { ...options, definition: other.builtIn(options.definition.url) };
    const later = other[method](document, own);
    assert.equal(isUnread(later), true);
    const { valid } = later;
    assert.ok(later.issues.length > 0);
    const atOnce = other[method](document, own);
    assert.equal(isUnread(atOnce), false);
    assert.deepEqual({ valid, issues: later.issues }, atOnce);
  }
});

test("issues are found by whatever instance there is", async (t) => {
  const made = watch(t);
  const other = await load({ module });
  const [first, second] = [other.validateResponse(wrong), other.validateResponse(wrong)];
  for (const name of Object.keys(made[0])) if (name !== "memory") made[0][name] = () => { throw new WebAssembly.RuntimeError("unreachable"); };
  const { issues } = fresh();
  assert.deepEqual(first.issues, issues);
  assert.equal(made.length, 2);
  assert.deepEqual(second.issues, issues);
});

test("issues are of the document as it was judged", async () => {
  const other = await load({ module });
  const bytes = new TextEncoder().encode(wrong);
  const object = JSON.parse(wrong);
  const options = { fhir: "R5" };
  const verdicts = [other.validateResponse(bytes), other.validateResponse(object), other.validateResponse(wrong, options)];
  const expected = (await load({ module })).validateResponse(wrong).issues;
  bytes.fill(0x20);
  object.parameter.length = 0;
  options.definition = "https://nowhere.example";
  for (const { issues } of verdicts) assert.deepEqual(issues, expected);
});
