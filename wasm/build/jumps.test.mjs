import assert from "node:assert/strict";
import { test } from "node:test";
import binaryen from "../js/node_modules/binaryen/index.js";
import { threadJumps } from "./jumps.mjs";

const assemble = (wat) => Buffer.from(binaryen.parseText(wat).emitBinary());

// A loop as Go writes it: 0 begins, 1 calls, 2 adds, 3 asks whether to go on, 4
// ends. The number 5 leads to 4 as well.
const likeGo = `(module
  (global $sp (mut i32) (i32.const 1024))
  (global $away (export "away") (mut i32) (i32.const 0))
  (func $call (param i32) (result i32)
    (global.set $sp (i32.add (global.get $sp) (i32.const 8)))
    (global.get $away))
  (func (export "sum") (param $pc i32) (result i32)
    (local $sp i32) (local $i i32) (local $sum i32)
    (local.set $sp (global.get $sp))
    (block $unwind
      (loop $entry
        (block $4
          (block $3
            (block $2
              (block $1
                (block $0
                  (br_table $0 $1 $2 $3 $4 $4 (local.get $pc)))
                (local.set $i (i32.const 1))
                (local.set $pc (i32.const 3))
                (br $entry))
              (nop)
              (global.set $sp (local.tee $sp (i32.sub (local.get $sp) (i32.const 8))))
              (br_if $unwind (call $call (i32.const 0))))
            (local.set $sum (i32.add (local.get $sum) (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 1))))
          (if (i32.gt_u (local.get $i) (i32.const 10))
            (then
              (block
                (local.set $pc (i32.const 5))
                (br $entry))))
          (local.set $pc (i32.const 1))
          (br $entry))
        (return (local.get $sum)))
      (unreachable))
    (i32.const -1)))`;

const exportsOf = (bytes) => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;

// A jump that goes around: i32.const, local.set 0, br.
const roundTrips = (bytes) => [...bytes.toString("latin1").matchAll(/\x41.\x21\x00\x0c./gs)].length;

test("jumps forwards are direct and all lead where they led", () => {
  const before = assemble(likeGo);
  const after = threadJumps(before);
  assert.equal(roundTrips(before), 3);
  assert.equal(roundTrips(after), 1, "only the jump back goes around");
  assert.equal(exportsOf(before).sum(0), 55);
  assert.equal(exportsOf(after).sum(0), 55);
});

test("a function goes on behind a call, and nowhere else", () => {
  const [before, after] = [assemble(likeGo), threadJumps(assemble(likeGo))].map(exportsOf);
  assert.equal(after.sum(2), before.sum(2));
  for (const pc of [3, 4, 5, 6]) assert.throws(() => after.sum(pc), WebAssembly.RuntimeError);
  after.away.value = 1;
  assert.equal(after.sum(0), -1, "a goroutine that is switched away from leaves the function");
});

test("a second time changes no jump", () => {
  const once = threadJumps(assemble(likeGo));
  assert.equal(roundTrips(threadJumps(once)), 1);
});

test("functions of another shape stay as they are", () => {
  const bytes = assemble(`(module
    (memory 1)
    (func (export "choose") (param i32) (result i32)
      (block $a (block $b (br_table $a $b (local.get 0))) (return (i32.const -7)))
      (f64.store (i32.const 8) (f64.const 1.5))
      (i64.store (i32.const 16) (i64.const -9000000000))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 4))
      (i32.load (i32.const 0))))`);
  assert.deepEqual(threadJumps(bytes), bytes);
});

test("a jump of unknown make is an error", () => {
  const odd = likeGo.replace("(local.set $pc (i32.const 1))", "(local.set $pc (i32.add (i32.const 1) (i32.const 0)))");
  assert.throws(() => threadJumps(assemble(odd)), /Go 1\.26/);
});

test("an instruction that Go does not use is an error", () => {
  const bytes = assemble("(module (func (export \"odd\") (nop) (nop)))");
  const nops = bytes.indexOf(Buffer.of(0x01, 0x01));
  for (const opcode of [0x06, 0x12, 0xd0]) { // of exceptions, tail calls and references
    bytes.set([opcode, 0], nops);
    assert.throws(() => threadJumps(bytes), /Go 1\.26/);
  }
});
