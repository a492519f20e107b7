// Go's table of functions lists, for each, its number and where its record is; the
// record begins with the number again. The numbers count up, and a record is
// where the one before ends: eleven kilobytes of what is loaded, for no news.
// takeFunctab zeroes them, and returns the code that writes them anew while an
// instance is made.
//
// The layout is that of Go 1.26: runtime/symtab.go (functab), runtime/runtime2.go
// (_func), cmd/link/internal/ld/pcln.go (calculateFunctabSize, writeFuncs). What the
// table holds is compared first, and nothing is assumed of it.
import { leb, signedLeb } from "./leb128.mjs";

const pair = 8; // bytes: the number of a function, and the offset of its record from the table
const record = 44, tableCount = 28, recordCount = 43; // the size without references, and the offsets of how many there are
const alignment = 8;

/**
 * takeFunctab returns code for addStart that writes what is zeroed.
 *
 * @param memory of the module
 * @param go as layout of pclntab.mjs finds it
 */
export function takeFunctab(memory, { functab, count }) {
  const first = memory.readUInt32LE(functab), firstRecord = memory.readUInt32LE(functab + 4);
  let at = firstRecord;
  for (let i = 0; i < count; i++) {
    const held = [functab + pair * i, functab + pair * i + 4, functab + at].map((address) => memory.readUInt32LE(address));
    if (held[0] !== first + i || held[1] !== at || held[2] !== first + i) throw new Error(`Go's table of functions has at ${i} what wasm/build/functab.mjs does not expect`);
    memory.fill(0, functab + at, functab + at + 4);
    at += sizeOf(memory, functab + at);
  }
  memory.fill(0, functab, functab + pair * count);
  return writing(functab, count, first, firstRecord);
}

function sizeOf(memory, at) {
  const size = record + 4 * (memory.readUInt32LE(at + tableCount) + memory[at + recordCount]);
  return Math.ceil(size / alignment) * alignment;
}

// writing does for i from 0 to count what takeFunctab compares.
function writing(functab, count, first, firstRecord) {
  const i = 0, at = 1;
  const [loop, nothing, end, branchIf] = [0x03, 0x40, 0x0b, 0x0d];
  const [get, set, tee, constant, load, loadByte, store] = [0x20, 0x21, 0x22, 0x41, 0x28, 0x2d, 0x36];
  const [add, multiply, and, below] = [0x6a, 0x6c, 0x71, 0x49];
  const number = (value) => [constant, ...signedLeb(value)];
  const [atEntry, atOffset, inTables, inRecords] = [0, 4, tableCount, recordCount].map((offset) => leb(functab + offset));
  const entry = [get, i, ...number(pair), multiply], itsNumber = [get, i, ...number(first), add], aligned = 2;
  const references = [get, at, load, aligned, ...inTables, get, at, loadByte, 0, ...inRecords, add];
  const minusAlignment = [constant, 0x80 - alignment];
  return Uint8Array.of(
    ...number(0), set, i, ...number(firstRecord), set, at,
    loop, nothing,
    ...entry, ...itsNumber, store, aligned, ...atEntry,
    ...entry, get, at, store, aligned, ...atOffset,
    get, at, ...itsNumber, store, aligned, ...atEntry,
    get, at, ...references, ...number(4), multiply, ...number(record + alignment - 1), add, ...minusAlignment, and, add, set, at,
    get, i, ...number(1), add, tee, i, ...number(count), below, branchIf, 0,
    end,
  );
}
