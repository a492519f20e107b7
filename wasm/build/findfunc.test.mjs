import assert from "node:assert/strict";
import { test } from "node:test";
import { takeFindfunc } from "./findfunc.mjs";
import { addStart, write } from "./module.mjs";

// A table of three functions at 24, as Go links it, and a module for it. What
// the whole does to a program is tested by program.test.mjs.

const address = 24, functions = 3, size = functions * 0x10000 + 9;

function table() {
  const memory = Buffer.alloc(0x10000);
  for (let i = 0; i < 16 * functions; i++) memory.writeUInt32LE(i >> 4, address + 20 * i);
  memory.write("before", 0);
  memory.write("behind", address + 20 * 16 * functions);
  return memory;
}

const section = (id, ...content) => ({ id, content: Uint8Array.of(...content) });
const text = (s) => [s.length, ...Buffer.from(s)];

/** A module with an import, a function of its own that answers 7, and a page of memory. */
const sections = () => [
  section(1, 2, 0x60, 0, 1, 0x7f, 0x60, 0, 0),
  section(2, 1, ...text("host"), ...text("f"), 0, 1),
  section(3, 1, 0),
  section(5, 1, 0, 1),
  section(7, 2, ...text("memory"), 2, 0, ...text("seven"), 0, 1),
  section(10, 1, 4, 0, 0x41, 7, 0x0b),
  section(11, 0),
];

test("what is zeroed is written when an instance is made", async () => {
  const memory = table();
  const module = { sections: sections(), memory };
  addStart(module, takeFindfunc(memory, { address, size }));
  assert.ok(memory.subarray(address, address + 20 * 16 * functions).every((byte) => byte === 0));

  const { instance } = await WebAssembly.instantiate(write(module), { host: { f: () => assert.fail("the host is called") } });
  assert.ok(Buffer.from(instance.exports.memory.buffer).equals(table()));
  assert.equal(instance.exports.seven(), 7, "the functions keep their numbers");
});

for (const [what, at, value] of [["another function", address + 20 * 17, 2], ["a function that begins within", address + 20 * 17 + 9, 1]]) {
  test(`${what} in the table is refused`, () => {
    const memory = table();
    memory[at] = value;
    assert.throws(() => takeFindfunc(memory, { address, size }), /bucket 17 /);
  });
}

test("a module that has a start function gets no other", () => {
  const body = takeFindfunc(table(), { address, size });
  assert.throws(() => addStart({ sections: [...sections(), section(8, 1)] }, body), /can have no other/);
});

test("an import that is no function is refused, for the numbers would be wrong", () => {
  const body = takeFindfunc(table(), { address, size });
  const imported = section(2, 1, ...text("host"), ...text("m"), 2, 0, 1);
  assert.throws(() => addStart({ sections: sections().map((s) => (s.id === 2 ? imported : s)) }, body), /an import is no function/);
});
