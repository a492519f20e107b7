// The functions of a module, and their instructions, as far as Go and wasm-opt
// make use of them.
import { leb, skip, unsigned } from "./leb128.mjs";

export const block = 0x02, loop = 0x03, if_ = 0x04, end = 0x0b, br = 0x0c, brIf = 0x0d, brTable = 0x0e;
export const unreachable = 0x00, empty = 0x40; // the type of a block
export const localGet = 0x20, localSet = 0x21, localTee = 0x22, i32Const = 0x41, i64Const = 0x42;
export const i32Eqz = 0x45, i32Eq = 0x46, i32Sub = 0x6b, i64Or = 0x84;

const withOperand = new Set([br, i32Const, i64Const, localGet, localSet, localTee]);

/**
 * eachFunction returns the content of the section of code with other bodies.
 *
 * @param rewrite makes another body of one, given the number of its function
 */
export function eachFunction(content, rewrite) {
  const at = { bytes: content, offset: 0 };
  const count = unsigned(at);
  const parts = [Uint8Array.from(leb(count))];
  for (let i = 0; i < count; i++) {
    const size = unsigned(at);
    const body = rewrite(content.subarray(at.offset, (at.offset += size)), i);
    parts.push(Uint8Array.from(leb(body.length)), body);
  }
  return Buffer.concat(parts);
}

/** apply returns the body with other bytes in places of it, which come in order. */
export function apply(body, edits) {
  const parts = [];
  let done = 0;
  for (const { from, to, bytes } of edits) {
    parts.push(body.subarray(done, from), Uint8Array.from(bytes));
    done = to;
  }
  return Buffer.concat([...parts, body.subarray(done)]);
}

/**
 * instructions yields those of a function's body: where each begins and ends, and
 * its operand where somebody looks at it. One with a sign is right if it is positive.
 */
export function* instructions(body) {
  const at = { bytes: body, offset: 0 };
  for (let locals = unsigned(at); locals > 0; locals--) {
    skip(at);
    at.offset++;
  }
  while (at.offset < body.length) {
    const start = at.offset;
    const opcode = body[at.offset++];
    const instruction = { at: start, opcode, end: 0, operand: undefined, table: undefined };
    if (opcode === brTable) instruction.table = Array.from({ length: unsigned(at) + 1 }, () => unsigned(at));
    else if (withOperand.has(opcode)) instruction.operand = unsigned(at);
    else pass(opcode, at);
    instruction.end = at.offset;
    yield instruction;
  }
}

// pass goes past the operands of an instruction.
function pass(opcode, at) {
  if (opcode === 0x43) at.offset += 4; // f32.const
  else if (opcode === 0x44) at.offset += 8; // f64.const
  else if (opcode === 0xfc) for (let n = bulkOperands(unsigned(at)); n > 0; n--) skip(at);
  else for (let n = numbers(opcode); n > 0; n--) skip(at);
}

// numbers is how many numbers follow an opcode.
function numbers(opcode) {
  if (opcode >= 0x02 && opcode <= 0x04) return 1; // block, loop, if
  if (opcode === brIf || opcode === 0x10) return 1; // and call
  if (opcode === 0x11) return 2; // call_indirect
  if (opcode >= 0x20 && opcode <= 0x24) return 1; // variables
  if (opcode >= 0x28 && opcode <= 0x3e) return 2; // loads and stores
  if (opcode === 0x3f || opcode === 0x40 || opcode === 0x42) return 1; // memory.size, memory.grow, i64.const
  if (opcode <= 0x01 || opcode === 0x05 || opcode === end || opcode === 0x0f) return 0; // unreachable, nop, else, return
  if (opcode === 0x1a || opcode === 0x1b || (opcode >= 0x45 && opcode <= 0xc4)) return 0; // drop, select, arithmetic
  throw new Error(`an instruction that Go 1.26 does not use: 0x${opcode.toString(16)}`);
}

// bulkOperands is the same for the opcodes behind 0xfc.
function bulkOperands(opcode) {
  if (opcode <= 7) return 0; // conversions
  if (opcode === 10) return 2; // memory.copy
  if (opcode === 11) return 1; // memory.fill
  throw new Error(`an instruction that Go 1.26 does not use: 0xfc ${opcode}`);
}
