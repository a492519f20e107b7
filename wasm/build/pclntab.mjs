// Go keeps, for every instruction, the line it comes from and what was inlined
// there. Only tracebacks read that, and it is a fifth of what a browser would
// download: forgetLines zeroes it in the memory of a module, and the names of
// functions too. What the collector and panics go by stays: sizes of frames, maps
// of pointers, deferred calls, bounds.
//
// The layout is that of Go 1.26: runtime/symtab.go (pcHeader, moduledata),
// runtime/runtime2.go (_func), runtime/symtabinl.go, internal/abi/symtab.go.
// Names and inlined calls are read, besides by tracebacks, by
// runtime/stkframe.go, runtime/panic.go (gorecover) and isSystemGoroutine, which
// then counts goroutines of the runtime as ours where a deadlock is reported.

// A function's tables (PCDATA_*) and records (FUNCDATA_*), by index.
const unsafePoint = 0, inlineTreeIndex = 2, argLiveIndex = 3;
const inlineTree = 3, argInfo = 5, argLiveInfo = 6;
const wrapper = 23; // FuncIDWrapper
const noRecord = 0xffffffff;

// What the collector knows by name, for it finds their arguments elsewhere
// (runtime/stkframe.go, argMapInternal).
const namedFunctions = ["reflect.makeFuncStub", "reflect.methodValueCall"];

export function forgetLines(memory, go = layout(memory)) {
  const tables = new Set([go.pctab]); // what stays, by address; the first table is empty
  const records = new Set();
  const forgotten = []; // records that do not
  const names = new Map(); // that stay, by address
  for (const f of functions(memory, go)) {
    const name = memory.toString("latin1", f.name, memory.indexOf(0, f.name));
    if (namedFunctions.includes(name)) names.set(f.name, name);
    else memory.writeUInt32LE(0, f.nameField);
    // recover() looks at what is inlined in wrappers, and nowhere else.
    const isWrapper = f.id === wrapper;
    for (const field of f.source) memory.writeUInt32LE(0, field);
    tables.add(f.frameSizes);
    f.records.forEach(({ field, address }, i) => {
      if (i === inlineTree && !isWrapper) forgotten.push([address, 16 * inlinedCalls(memory, f.tables[inlineTreeIndex].address)]);
      else if (i === argInfo) forgotten.push([address, memory.indexOf(0xff, address) + 1 - address]);
      else if (i !== argLiveInfo) return records.add(address);
      memory.writeUInt32LE(noRecord, field);
    });
    f.tables.forEach(({ field, address }, i) => {
      if (i === unsafePoint || i === argLiveIndex || (i === inlineTreeIndex && !isWrapper)) memory.writeUInt32LE(0, field);
      else tables.add(address);
    });
  }
  memory.fill(0, go.names, go.pctab); // names of functions and of files
  for (const [at, name] of names) memory.write(name, at, "latin1");
  zeroTables(memory, go, tables);
  zeroRecords(memory, forgotten, records);
}

/**
 * layout finds the tables by Go's magic number, and the records by moduledata,
 * whose first words are the addresses of the header and of the names.
 */
export function layout(memory) {
  const header = only(memory, Buffer.of(0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8));
  const word = (i) => memory.readUInt32LE(header + 8 + 8 * i);
  const names = header + word(3);
  const start = Buffer.alloc(16);
  start.writeUInt32LE(header, 0);
  start.writeUInt32LE(names, 8);
  const moduledata = only(memory, start);
  const field = (offset) => memory.readUInt32LE(moduledata + offset);
  const [count, pctab, functab] = [word(0), header + word(6), header + word(7)];
  const [tableOfFunctions, length, findfunctab, codeStart, codeEnd, records, tablesEnd] = [128, 136, 152, 160, 168, 320, 328].map(field);
  if (tableOfFunctions !== functab || length !== count + 1 || records <= functab || records >= tablesEnd) throw new Error(unknownLayout);
  const findfunc = { address: findfunctab, size: codeEnd - codeStart };
  return { count, names, pctab, functab, records, findfunc };
}

const unknownLayout = "Go's table of functions is not laid out as wasm/build/pclntab.mjs knows it";

function only(memory, bytes) {
  const at = memory.indexOf(bytes);
  if (at < 0 || memory.indexOf(bytes, at + 1) >= 0) throw new Error(unknownLayout);
  return at;
}

// functions yields every _func: where its fields are, and what they refer to.
function* functions(memory, go) {
  const u32 = (at) => memory.readUInt32LE(at);
  for (let i = 0; i < go.count; i++) {
    const at = go.functab + u32(go.functab + 8 * i + 4);
    const tables = at + 44, records = tables + 4 * u32(at + 28);
    yield {
      id: memory[at + 40],
      nameField: at + 4,
      name: go.names + u32(at + 4),
      source: [20, 24, 32, 36].map((offset) => at + offset), // file, line, unit, first line
      frameSizes: go.pctab + u32(at + 16),
      tables: references(memory, go.pctab, tables, u32(at + 28)),
      records: references(memory, go.records, records, memory[at + 43]),
    };
  }
}

// references reads n offsets from base; the array has a hole where there is none.
function references(memory, base, from, n) {
  const list = new Array(n);
  for (let i = 0; i < n; i++) {
    const field = from + 4 * i, offset = memory.readUInt32LE(field);
    if (offset !== noRecord) list[i] = { field, address: base + offset };
  }
  return list;
}

// inlinedCalls is one more than the greatest index in a table.
function inlinedCalls(memory, table) {
  let calls = 0;
  for (const { value } of entries(memory, table)) calls = Math.max(calls, value + 1);
  return calls;
}

// entries reads a table: pairs of how much its value grows, zigzag, and for how
// many instructions. A growth of 0 ends it, but for the first one.
function* entries(memory, table) {
  const at = { offset: table };
  for (let value = -1, first = true; ; first = false) {
    const growth = number(memory, at);
    if (growth === 0 && !first) return;
    value += growth & 1 ? ~(growth >>> 1) : growth >>> 1;
    number(memory, at);
    yield { value, end: at.offset + 1 };
  }
}

function number(memory, at) {
  let value = 0;
  for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
    byte = memory[at.offset++];
    value |= (byte & 0x7f) << shift;
  }
  return value >>> 0;
}

function zeroTables(memory, { pctab, functab }, kept) {
  const old = Buffer.from(memory.subarray(pctab, functab));
  memory.fill(0, pctab, functab);
  kept.delete(pctab);
  for (const table of kept) {
    let end = table;
    for (const entry of entries(old, table - pctab)) end = pctab + entry.end;
    memory.set(old.subarray(table - pctab, end - pctab), table);
  }
}

// zeroRecords leaves a record alone if another function keeps it, or one within.
function zeroRecords(memory, forgotten, kept) {
  const starts = Uint32Array.from(kept).sort();
  for (const [from, size] of forgotten) {
    if (!starts.some((start) => start >= from && start < from + size)) memory.fill(0, from, from + size);
  }
}
