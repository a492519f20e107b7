// Go compiles every jump within a function into a round trip: the number of a
// basic block goes to local 0, and control to a loop around the whole function,
// which begins with a br_table over that number. So all jumps of a function share
// one indirect branch, which processors guess wrong, and any block may follow any
// other, which keeps compilers from holding values in registers. threadJumps
// writes jumps as what they are:
//
//   loop                          loop
//     block … block                 block … block
//       local.get 0                   local.get 0 i32.eqz br_if 0  ;; a call
//       br_table 0 1 … 9              block local.get 0 br_table 1 0 … 10 end unreachable
//     end                           end
//     …                             …
//     i32.const 7                   br 3                           ;; to the end of
//     local.set 0                                                  ;; the block that
//     br 9                                                         ;; br_table 7 leaves
//
// The blocks end where the basic blocks of Go begin, those that come later
// further out: a jump forwards always has its target around it. A jump backwards
// keeps the round trip, and its target is compared for before the br_table.
//
// In the br_table remain, besides, the places where a goroutine that was switched
// away from goes on: behind a call, and at the deferred calls that a panic was
// recovered for. All other numbers lead to the unreachable.
//
// The code is that of Go 1.26 (cmd/internal/obj/wasm/wasmobj.go, preprocess).
// Functions of any other shape, such as those in assembly, stay as they are.
import { apply, block, br, brIf, brTable, eachFunction, empty, end, i32Const, i32Eq, i32Eqz, i32Sub, if_, instructions as read, localGet, localSet, loop, unreachable } from "./instructions.mjs";
import { leb, signedLeb } from "./leb128.mjs";
import { assemble, code, split } from "./module.mjs";

// More comparisons than this before the br_table cost more than they save.
const mostLoops = 1;

/** threadJumps returns the module that Go linked with direct jumps forwards. */
export function threadJumps(bytes) {
  return assemble(split(bytes).map((section) => (section.id === code ? { id: code, content: eachFunction(section.content, threadFunction) } : section)));
}

function threadFunction(body) {
  const instructions = [...read(body)];
  const entry = findEntry(instructions);
  if (entry === undefined) return body;
  const edits = [];
  const loops = new Set(); // numbers of the blocks that are jumped back to
  for (const jump of jumps(instructions, entry)) {
    if (jump.label === undefined) loops.add(jump.number);
    else edits.push({ from: jump.from, to: jump.to, bytes: [br, ...leb(jump.label)] });
  }
  const kept = resumable(instructions, entry);
  for (const number of loops) kept.add(target(entry.table, number));
  edits.unshift({ from: entry.from, to: entry.to, bytes: [...comparisons(entry.table, loops), ...dispatch(entry.table, kept)] });
  return apply(body, edits);
}

// comparisons are written before the br_table: with 0, the number of every call,
// and with the targets of jumps back.
function comparisons(table, loops) {
  const bytes = [localGet, 0, i32Eqz, brIf, ...leb(table[0])];
  if (loops.size > mostLoops) return bytes;
  for (const number of loops) {
    bytes.push(localGet, 0, i32Const, ...signedLeb(number), i32Eq, brIf, ...leb(target(table, number)));
  }
  return bytes;
}

// dispatch is the br_table itself, with the labels that are kept.
function dispatch(table, kept) {
  const labels = table.map((label) => (kept.has(label) ? label + 1 : 0));
  return [block, empty, localGet, 0, brTable, ...leb(labels.length - 1), ...labels.flatMap(leb), end, unreachable];
}

// findEntry returns where a function of Go branches to its basic blocks: the
// index and table of the br_table, from where to where its code stands, and how
// many blocks stand between the loop and it.
function findEntry(instructions) {
  const index = instructions.findIndex(({ opcode }) => opcode === brTable);
  const get = instructions[index - 1];
  if (get?.opcode !== localGet || get.operand !== 0) return undefined;
  let i = index - 2;
  while (instructions[i]?.opcode === block) i--;
  if (instructions[i]?.opcode !== loop) return undefined;
  const { table, end: to } = instructions[index];
  return { index, table, from: get.at, to, blocks: index - 2 - i };
}

// target is the label of the block that the br_table leaves for a number: how
// many blocks are within it.
const target = (table, number) => table[Math.min(number, table.length - 1)];

// walk yields the indices of the instructions of the basic blocks, with how many
// blocks, loops and ifs are around each within its basic block, how many of the
// blocks have ended before, and whether the instruction ends one.
function* walk(instructions, { index, blocks }) {
  let nested = 0;
  let ended = 0;
  for (let i = index + 1; ended <= blocks; i++) { // the last is the loop itself
    const { opcode } = instructions[i];
    const ends = opcode === end && nested === 0;
    yield { i, nested, ended, ends };
    if (opcode === block || opcode === loop || opcode === if_) nested++;
    else if (ends) ended++;
    else if (opcode === end) nested--;
  }
}

// resumable returns the labels of the blocks behind which a function may go on:
// at its start, behind a call, which ends with a br_if out of the function, and
// where a call without arguments stands, as that of deferred functions does.
function resumable(instructions, entry) {
  const labels = new Set([entry.table[0]]);
  for (const { i, ended, ends } of walk(instructions, entry)) {
    if (ends && (instructions[i - 1].opcode === brIf || isCall(instructions.slice(i + 1, i + 4)))) labels.add(ended);
  }
  return labels;
}

// isCall tells how a call begins: it takes 8 from the stack pointer, local 1.
function isCall([get, eight, sub]) {
  return get?.opcode === localGet && get.operand === 1 && eight?.opcode === i32Const && eight.operand === 8 && sub?.opcode === i32Sub;
}

// jumps yields the jumps between basic blocks: from where to where the code of
// one stands, the number of the basic block it goes to, and the label of the
// block to leave for it, undefined where that has ended.
function* jumps(instructions, entry) {
  for (const { i, nested, ended } of walk(instructions, entry)) {
    const { opcode, operand, end: to } = instructions[i];
    if (opcode !== br || operand !== nested + entry.blocks - ended) continue;
    const [number, set] = [instructions[i - 2], instructions[i - 1]];
    if (number.opcode !== i32Const || set.opcode !== localSet || set.operand !== 0) throw new Error("a jump that Go 1.26 does not make");
    const label = target(entry.table, number.operand) - ended;
    yield { from: number.at, to, number: number.operand, label: label < 0 ? undefined : nested + label };
  }
}
