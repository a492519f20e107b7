import assert from "node:assert/strict";
import { test } from "node:test";
import { takeFunctab } from "./functab.mjs";
import { addStart, write } from "./module.mjs";

// A table of three functions at 40, as Go links it, and a module for it. What the
// whole does to a program is tested by program.test.mjs.

const functab = 40, count = 3, first = 4096;
const records = [{ at: 32, tables: 0, records: 0 }, { at: 80, tables: 4, records: 3 }, { at: 152, tables: 1, records: 0 }];
const rest = 200;

function table() {
  const memory = Buffer.alloc(0x10000, 0);
  for (const [i, { at, tables, records: n }] of records.entries()) {
    memory.writeUInt32LE(first + i, functab + 8 * i);
    memory.writeUInt32LE(at, functab + 8 * i + 4);
    memory.fill(0xa5, functab + at, functab + at + 44 + 4 * (tables + n));
    memory.writeUInt32LE(first + i, functab + at);
    memory.writeUInt32LE(tables, functab + at + 28);
    memory[functab + at + 43] = n;
  }
  memory.writeUInt32LE(first + count, functab + 8 * count); // where the last one ends
  memory.write("before", 0);
  memory.write("behind", functab + rest);
  return memory;
}

const section = (id, ...content) => ({ id, content: Uint8Array.of(...content) });

/** A module with a page of memory, and one function that does nothing. */
const sections = () => [
  section(1, 1, 0x60, 0, 0),
  section(3, 1, 0),
  section(5, 1, 0, 1),
  section(7, 1, 6, ...Buffer.from("memory"), 2, 0),
  section(10, 1, 2, 0, 0x0b),
  section(11, 0),
];

test("what is zeroed is written when an instance is made", async () => {
  const memory = table();
  const module = { sections: sections(), memory };
  addStart(module, takeFunctab(memory, { functab, count }));
  assert.ok(memory.subarray(functab, functab + 8 * count).every((byte) => byte === 0));
  for (const { at } of records) assert.equal(memory.readUInt32LE(functab + at), 0);

  const { instance } = await WebAssembly.instantiate(write(module));
  assert.ok(Buffer.from(instance.exports.memory.buffer).equals(table()));
});

for (const [what, at] of [["number", 8], ["place of a record", 12], ["number in a record", 80]]) {
  test(`another ${what} is refused`, () => {
    const memory = table();
    memory[functab + at] ^= 16;
    assert.throws(() => takeFunctab(memory, { functab, count }), /has at 1 what/);
  });
}
