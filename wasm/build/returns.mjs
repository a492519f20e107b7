// Before a call, Go writes the address to return to: the number of its function
// and, in the lower 16 bits, a place within, as one constant of five bytes. Seven
// bits to a byte, the two halves share bytes, so the bytes that are the same for all
// calls of a function stand behind one that is not, and brotli finds neither again:
// 50 kB of what is loaded. shareReturns keeps the upper half in a local variable:
//
//   i64.const 0x123456a0          i64.const 0x56a0 local.get 1 i64.or
//
// Compilers that look beyond one instruction make one constant of it again. It is
// the first variable behind the parameters, in every function the same: then its
// number is one that brotli has seen. All others move up by one.
//
// Nothing is assumed of what the constants mean: those are taken that have the upper
// half that most have.
import { apply, eachFunction, i64Const, i64Or, instructions, localGet, localSet, localTee } from "./instructions.mjs";
import { leb, signedLeb, skip, unsigned } from "./leb128.mjs";
import { code, parameters } from "./module.mjs";

const lower = 1 << 16;
const size = 5; // bytes that an address takes: functions are numbered from 0x1000 on
const i64 = 0x7e;

/** shareReturns rewrites the functions of a module. */
export function shareReturns({ sections }) {
  const counts = parameters(sections);
  const section = sections.find(({ id }) => id === code);
  section.content = eachFunction(section.content, (body, i) => shareIn(body, counts[i]));
}

function shareIn(body, variable) {
  const list = [...instructions(body)];
  const shared = usual(list.map(upper));
  if (shared === undefined) return body;
  const edits = list.flatMap((instruction) => {
    const { at: from, end: to, opcode, operand } = instruction;
    if (upper(instruction) === shared) return [{ from, to, bytes: [i64Const, ...signedLeb(operand % lower), localGet, ...leb(variable), i64Or] }];
    if (isLocal(opcode) && operand >= variable) return [{ from, to, bytes: [opcode, ...leb(operand + 1)] }];
    return [];
  });
  return apply(body, [...declare(body, variable, shared), ...edits]);
}

// upper is what an address has in its upper half, undefined for what may be none.
function upper({ at, end, opcode, operand }) {
  if (opcode !== i64Const || end - at !== 1 + size || operand >= 2 ** 32) return undefined;
  return operand - (operand % lower);
}

// usual is the value that comes most often, the first of several.
function usual(values) {
  const times = new Map();
  for (const value of values) if (value !== undefined) times.set(value, (times.get(value) ?? 0) + 1);
  const most = Math.max(...times.values());
  return [...times.keys()].find((value) => times.get(value) === most);
}

const isLocal = (opcode) => opcode === localGet || opcode === localSet || opcode === localTee;

// declare puts the variable before the others, and its value before all else.
function declare(body, variable, value) {
  const at = { bytes: body, offset: 0 };
  const groups = unsigned(at), first = at.offset;
  for (let i = 0; i < groups; i++) {
    skip(at);
    at.offset++;
  }
  return [
    { from: 0, to: first, bytes: [...leb(groups + 1), 1, i64] },
    { from: at.offset, to: at.offset, bytes: [i64Const, ...signedLeb(value), localSet, ...leb(variable)] },
  ];
}
