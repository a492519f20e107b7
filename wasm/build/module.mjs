// A WebAssembly module as its sections, and its memory as one array of bytes:
// split takes a module apart and assemble puts it together again; read and write
// do the same, with the memory. addStart gives a module a function that runs while
// an instance is made.

import { leb, signedLeb, unsigned } from "./leb128.mjs";

const custom = 0, type = 1, imported = 2, functions = 3, exported = 7, start = 8, data = 11, dataCount = 12;

/** The id of the section of functions' bodies. */
export const code = 10;

// A segment costs some bytes, and its size and offset, which differ every time,
// more than the zeros it saves: measured, brotli gains 2 kB from here to 512, and a
// host that reads the module as it is has 200 kB less to read here.
const gap = 128;

/** split returns the sections of a module. */
export function split(bytes) {
  const at = { bytes, offset: 8 };
  const sections = [];
  while (at.offset < bytes.length) {
    const id = bytes[at.offset++];
    const size = unsigned(at);
    sections.push({ id, content: bytes.subarray(at.offset, (at.offset += size)) });
  }
  return sections;
}

/** assemble returns the module of these sections. */
export function assemble(sections) {
  const parts = [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)];
  for (const { id, content } of sections) parts.push(Uint8Array.of(id, ...leb(content.length)), content);
  return Buffer.concat(parts);
}

/** read returns the sections of a module, and the memory it starts with. */
export function read(bytes) {
  const sections = split(bytes);
  return { sections, memory: memoryOf(sections.find(({ id }) => id === data).content) };
}

/**
 * addStart adds a function of type () -> () that runs first in every instance.
 *
 * @param pieces its code, one piece after the other. Each may use locals 0 and 1, of
 *   type i32, and finds there what the one before left.
 */
export function addStart({ sections }, ...pieces) {
  if (sections.some(({ id }) => id === start)) throw new Error("the module has a start function, and can have no other");
  const types = append(sections, type, Uint8Array.of(0x60, 0, 0));
  const defined = append(sections, functions, Uint8Array.from(leb(types)));
  const [i32, end] = [0x7f, 0x0b];
  const body = [1, 2, i32, ...pieces.flatMap((piece) => [...piece]), end];
  append(sections, code, Uint8Array.of(...leb(body.length), ...body));
  const index = importedFunctions(sections.find(({ id }) => id === imported)?.content ?? Uint8Array.of(0)) + defined;
  const before = sections.findIndex(({ id }) => id === exported);
  sections.splice(before + 1, 0, { id: start, content: Uint8Array.from(leb(index)) });
}

// append adds an item to a section that is a vector, and returns its index.
function append(sections, id, item) {
  const section = sections.find((section) => section.id === id);
  const at = { bytes: section.content, offset: 0 };
  const count = unsigned(at);
  section.content = Buffer.concat([Uint8Array.from(leb(count + 1)), section.content.subarray(at.offset), item]);
  return count;
}

/** parameters returns how many parameters each function has that is no import. */
export function parameters(sections) {
  const content = (wanted) => ({ bytes: sections.find(({ id }) => id === wanted).content, offset: 0 });
  const at = content(type);
  const types = Array.from({ length: unsigned(at) }, () => {
    at.offset++; // says that it is one of functions
    const count = unsigned(at);
    at.offset += count;
    const results = unsigned(at);
    at.offset += results;
    return count;
  });
  const defined = content(functions);
  return Array.from({ length: unsigned(defined) }, () => types[unsigned(defined)]);
}

function importedFunctions(content) {
  const at = { bytes: content, offset: 0 };
  const name = () => {
    const size = unsigned(at);
    at.offset += size;
  };
  const count = unsigned(at);
  for (let i = 0; i < count; i++) {
    name(), name();
    if (at.bytes[at.offset++] !== 0) throw new Error("an import is no function");
    unsigned(at); // its type
  }
  return count;
}

/**
 * write returns the module with this memory, and without custom sections. What
 * remains is as it was read.
 */
export function write({ sections, memory }) {
  const kept = sections.filter(({ id }) => id !== custom && id !== dataCount); // dataCount is for memory.init, which Go does not use
  return assemble(kept.map((section) => (section.id === data ? { id: data, content: segmentsOf(memory) } : section)));
}

function memoryOf(content) {
  const at = { bytes: content, offset: 0 };
  const segments = [];
  for (let n = unsigned(at); n > 0; n--) {
    const passive = unsigned(at) === 1;
    const start = passive ? 0 : offsetExpression(at);
    const size = unsigned(at);
    if (passive && size > 0) throw new Error("a data segment that is not part of the memory would be lost");
    segments.push({ start, bytes: content.subarray(at.offset, (at.offset += size)) });
  }
  const memory = Buffer.alloc(Math.max(...segments.map(({ start, bytes }) => start + bytes.length)));
  for (const { start, bytes } of segments) memory.set(bytes, start);
  return memory;
}

function segmentsOf(memory) {
  const segments = [];
  for (let start = 0, end; (start = nonZero(memory, start)) < memory.length; start = end) {
    end = zeros(memory, start);
    segments.push(Uint8Array.of(0, 0x41, ...signedLeb(start), 0x0b, ...leb(end - start)), memory.subarray(start, end));
  }
  return Buffer.concat([Uint8Array.from(leb(segments.length / 2)), ...segments]);
}

function nonZero(memory, offset) {
  while (offset < memory.length && memory[offset] === 0) offset++;
  return offset;
}

// zeros finds the next gap zeros in a row, or the end.
function zeros(memory, offset) {
  for (let run = 0; offset < memory.length; offset++) {
    run = memory[offset] === 0 ? run + 1 : 0;
    if (run === gap) return offset + 1 - gap;
  }
  return memory.length;
}

function offsetExpression(at) {
  const [constant, , end] = [at.bytes[at.offset++], 0, 0x0b];
  const offset = unsigned(at);
  if (constant !== 0x41 || at.bytes[at.offset++] !== end) throw new Error("a data segment's offset is no i32.const");
  return offset;
}
