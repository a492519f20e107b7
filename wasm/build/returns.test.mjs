import assert from "node:assert/strict";
import { test } from "node:test";
import binaryen from "../js/node_modules/binaryen/index.js";
import { assemble as join, split } from "./module.mjs";
import { shareReturns } from "./returns.mjs";

const assemble = (wat) => Buffer.from(binaryen.parseText(wat).emitBinary());

function share(bytes) {
  const module = { sections: split(bytes) };
  shareReturns(module);
  return join(module.sections);
}

const exportsOf = (bytes) => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;

// The constants of five bytes in a module.
const constants = (bytes) => [...bytes.toString("latin1").matchAll(/\x42[\x80-\xff]{4}[\0-\x7f]/gs)].length;

// Two addresses of one function, and one of another; the variables are set and read
// in each of the ways there are.
const addresses = `(module
  (import "host" "f" (func $f))
  (func (export "sum") (param i32 i64) (result i64) (local i64 f32 i64)
    (local.set 2 (i64.const 0x123456a0))
    (local.set 4 (local.tee 2 (i64.add (local.get 2) (i64.const 0x12340001))))
    (i64.add (i64.add (local.get 1) (local.get 4)) (i64.const 0x20000007))))`;
const sum = 0x123456a0n + 0x12340001n + 0x20000007n;

test("the upper half that most have is written once", () => {
  const before = assemble(addresses), after = share(before);
  assert.deepEqual([constants(before), constants(after)], [3, 2]);
  const host = { host: { f: () => {} } };
  for (const bytes of [before, after]) {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), host);
    assert.equal(exports.sum(0, 5n), sum + 5n);
  }
});

test("constants come out as they were, whatever their bits", () => {
  const all = ["0x08000000", "0x0fffffff", "0x1000ffff", "0x10008000", "0x7fffffff", "0x80000000", "0xffffffff", "0xffff0000"];
  for (const value of all) {
    const bytes = assemble(`(module (func (export "f") (param i64) (result i64) (i64.xor (local.get 0) (i64.const ${value}))))`);
    const after = share(bytes);
    assert.notDeepEqual(after, bytes, value);
    assert.equal(exportsOf(after).f(0n), BigInt(value));
  }
});

test("constants that are no addresses stay as they are", () => {
  for (const value of ["0", "65535", "0x07ffffff", "0x100000000", "0x3ffffffff", "-1", "-0x08000001", "-0x400000000", "0x7fffffffffffffff"]) {
    const bytes = assemble(`(module (func (export "f") (result i64) (i64.const ${value})))`);
    assert.deepEqual(share(bytes), bytes, value);
  }
});

test("what is shared is shared in each function apart", () => {
  const { a, b, none } = exportsOf(share(assemble(`(module
    (func (export "a") (result i64) (i64.add (i64.const 0x10000001) (i64.const 0x10000002)))
    (func (export "none") (param i32) (result i32) (local i32) (local.tee 1 (local.get 0)))
    (func (export "b") (param f64 i32) (result i64) (i64.sub (i64.const 0x10010002) (i64.const 0x10010001))))`)));
  assert.deepEqual([a(), b(0, 0), none(9)], [0x20000003n, 1n, 9]);
});
