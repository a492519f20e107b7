// What becomes of an instance: traps, handles, buffers, memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "wsbind";
import { codesOf, definition, inner, module, request, response, ruin, thrown, watch } from "./kit/support.mjs";

const { engineOf } = await inner("kit");
const { head } = await inner("instance");

/** begin begins to verify a token, and returns how to end it. */
function begin(kit) {
  const engine = engineOf(kit);
  const options = head({ algorithms: ["HS256"], anyIssuer: true, anyAudience: true, anyType: true, raw: true });
  const { handle } = engine.call("verify_begin", options, `eyJhbGciOiJIUzI1NiJ9.e30.${"A".repeat(43)}`);
  const { instance } = engine;
  return { end: () => instance.verifyEnd(handle, true, 0), cancel: () => instance.cancel(handle) };
}

test("a trap costs one call", async (t) => {
  const made = watch(t);
  const kit = await load({ module });
  ruin(made[0]);
  const err = thrown("trapped", () => kit.validateResponse(response()));
  assert.ok(err.cause instanceof Error);
  assert.deepEqual(kit.validateResponse(response()), { valid: true, issues: [] });
  assert.equal(made.length, 2);
});

test("a trap in any call is the same error", async (t) => {
  const calls = {
    buffer_new: (kit) => kit.validateResponse("{}"), buffer_free: (kit) => kit.readResponse("{}"),
    validate_request: (kit) => kit.validateRequest("{}"), validate_response: (kit) => kit.readResponse("{}"),
    validate_notification: (kit) => kit.validateNotification("{}"), parse_bind: (kit) => kit.parseBind("x"),
    define: (kit) => kit.define("{}"), describe: (kit) => kit.describe(),
  };
  for (const [name, call] of Object.entries(calls)) {
    const broken = (exports, nth) => (nth > 0 ? exports : { ...exports, [name]: () => { throw new WebAssembly.RuntimeError("unreachable"); } });
    const made = watch(t, broken);
    const kit = await load({ module });
    assert.match(thrown("trapped", () => call(kit)).message, /unreachable/, name);
    assert.equal(kit.validateResponse(response()).valid, true, name);
    assert.equal(made.length, 2, name);
  }
});

test("where no instance can be made, the next call tries again", async (t) => {
  const made = watch(t);
  const kit = await load({ module });
  ruin(made[0]);
  thrown("trapped", () => kit.validateResponse("{}"));
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function () { throw new RangeError("Cannot allocate Wasm memory for new instance"); };
  assert.match(thrown("trapped", () => kit.validateResponse("{}")).message, /Cannot allocate/);
  WebAssembly.Instance = Instance;
  assert.equal(kit.validateResponse("{}").valid, false);
});

test("a document that calls the kit while it is written is judged by its definition", async (t) => {
  const made = watch(t);
  const kit = await load({ module });
  const [alpha] = [kit.define(definition("alpha")), kit.define(definition("beta"))];
  const document = {
    toJSON() {
      ruin(made.at(-1));
      thrown("trapped", () => kit.validateResponse("{}"));
      return request("alpha");
    },
  };
  assert.equal(kit.validateRequest(document, { definition: alpha }).valid, true);
});

test("an exit is a trap", async (t) => {
  const made = watch(t, (exports, nth) => (nth > 0 ? exports : { ...exports, validate_response: () => exits() }));
  const { stubs } = await inner("wasi");
  const exits = () => stubs(module).wasi_snapshot_preview1.proc_exit(2);
  const kit = await load({ module });
  assert.match(thrown("trapped", () => kit.validateResponse("{}")).message, /status 2/);
  assert.equal(kit.validateResponse("{}").valid, false);
  assert.equal(made.length, 2);
});

test("the trap of one kit is none of another's", async (t) => {
  const made = watch(t);
  const [first, second] = [await load({ module }), await load({ module })];
  const loaded = first.define(definition("alpha"));
  const pending = begin(second);
  ruin(made[0]);
  thrown("trapped", () => first.validateRequest(request("alpha"), { definition: loaded }));
  assert.deepEqual(Object.keys(pending.end()), ["payload"]);
  assert.equal(made.length, 2);
});

test("what was begun ends once, in any order", async () => {
  const kit = await load({ module });
  const pending = Array.from({ length: 100 }, () => begin(kit));
  for (const i of [99, 0, 50]) {
    assert.deepEqual(pending[i].end(), { payload: "{}" });
    thrown("expired-handle", () => pending[i].end());
  }
  assert.equal(pending[1].cancel(), true);
  assert.equal(pending[1].cancel(), false);
  thrown("expired-handle", () => pending[1].end());
  assert.deepEqual(pending[2].end(), { payload: "{}" });
});

test("what was begun before a trap has expired", async (t) => {
  const made = watch(t);
  const kit = await load({ module });
  const before = begin(kit);
  ruin(made[0]);
  thrown("trapped", () => kit.validateResponse("{}"));
  const after = begin(kit);
  thrown("expired-handle", () => before.end());
  assert.equal(before.cancel(), false);
  assert.deepEqual(after.end(), { payload: "{}" });
});

test("the oldest of too many expires", async () => {
  const kit = await load({ module });
  const { pending } = kit.describe().limits;
  const begun = Array.from({ length: pending + 1 }, () => begin(kit));
  thrown("expired-handle", () => begun[0].end());
  assert.deepEqual(begun[1].end(), { payload: "{}" });
});

test("100,000 calls leave no buffer and no page behind", async (t) => {
  const [good, bad] = [JSON.stringify(response()), JSON.stringify(response({ token: undefined }))];
  const valid = (kit) => kit.validateResponse(good, { fhir: "R5" });
  const calls = [valid, (kit) => kit.validateResponse(bad), (kit) => kit.readNotification("{}"), (kit) => kit.parseBind("bind-with-token a.b.c"), (kit) => begin(kit).end()];
  for (const mix of [[valid], calls]) {
    const made = watch(t);
    const kit = await load({ module });
    const { memory, buffer_live: live } = made.at(-1);
    let early;
    for (let i = 0; i < 100_000; i++) {
      if (i === 1000) early = memory.buffer.byteLength;
      mix[i % mix.length](kit);
    }
    assert.deepEqual([live(), made.length], [0, 1]);
    // What makes garbage grows until it is first collected, to where the heap of Go is smallest.
    const bound = mix.length === 1 ? early : 9 << 20;
    assert.ok(memory.buffer.byteLength <= bound, `${memory.buffer.byteLength} bytes, at most ${bound} are due`);
  }
});

test("memory that grows within a call is no matter", async (t) => {
  const made = watch(t);
  const kit = await load({ module });
  const before = made[0].memory.buffer.byteLength;
  const long = response({ token: { valueString: "x".repeat(8 << 20) } });
  assert.deepEqual(codesOf(kit.validateResponse(long).issues), ["invalid-primitive"]);
  assert.ok(made[0].memory.buffer.byteLength > before);
  assert.equal(kit.validateResponse(response()).valid, true);
});

test("a module without room says so", async (t) => {
  watch(t, (exports) => ({ ...exports, buffer_new: () => 0 }));
  const kit = await load({ module });
  assert.match(thrown("limit-reached", () => kit.validateResponse("{}")).message, /buffer of \d+ bytes/);
});

test("an internal error is followed by a fresh instance", async (t) => {
  const answer = new TextEncoder().encode('{"error":{"code":"internal","diagnostics":"a fault within the module"}}');
  const faulty = (exports, nth) => (nth > 0 ? exports : {
    ...exports,
    validate_response: (address) => {
      exports.buffer_free(address);
      const at = exports.buffer_new(answer.length);
      new Uint8Array(exports.memory.buffer).set(answer, at);
      return BigInt.asIntN(64, (BigInt(at) << 32n) | BigInt(answer.length));
    },
  });
  const made = watch(t, faulty);
  const kit = await load({ module });
  const pending = begin(kit);
  thrown("internal", () => kit.validateResponse("{}"));
  thrown("expired-handle", () => pending.end());
  assert.equal(kit.validateResponse(response()).valid, true);
  assert.equal(made.length, 2);
});

test("both halves of an answer are unsigned", async () => {
  const { Instance } = await inner("instance");
  const memory = new WebAssembly.Memory({ initial: 0x8001 }); // 2 GiB and a page, which no one touches
  const address = 0x8000_0010;
  new Uint8Array(memory.buffer).set(new TextEncoder().encode("{}"), address);
  const freed = [];
  const answer = BigInt.asIntN(64, (BigInt(address) << 32n) | 2n);
  assert.ok(answer < 0n);
  const instance = new Instance({ exports: { memory, abi_version: () => 65538, buffer_free: (at) => freed.push(at), describe: () => answer } });
  assert.deepEqual(instance.describe(), {});
  assert.deepEqual(freed, [address]);
});
