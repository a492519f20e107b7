// Go finds the function of an address by a table with twenty bytes for every
// 4 KiB of code: half a megabyte, a sixth of the module. In WebAssembly an
// address is the number of its function and, in the lower 16 bits, a place
// within, so the table says no more than that: takeFindfunc zeroes it, and
// returns the code that writes it anew while an instance is made.
//
// The layout is that of Go 1.26: runtime/symtab.go (moduledata, findfuncbucket,
// findfunc). What the table holds is compared first, and nothing is assumed of it.

import { leb, signedLeb } from "./leb128.mjs";

const bucket = 20; // bytes: the number of a function, and sixteen that say how many more
const covered = 4 << 10; // addresses
const perFunction = (64 << 10) / covered;

/**
 * takeFindfunc returns code for addStart that writes what is zeroed.
 *
 * @param memory of the module
 * @param table its address, and the size of the code in addresses, as layout of pclntab.mjs finds them
 */
export function takeFindfunc(memory, { address, size }) {
  const count = Math.floor(size / covered); // what is left is the end, and stays
  for (let i = 0; i < count; i++) {
    const at = address + bucket * i;
    const sameFunction = memory.readUInt32LE(at) === Math.floor(i / perFunction);
    if (!sameFunction || memory.subarray(at + 4, at + bucket).some(Boolean)) throw new Error(`Go's table of addresses has in bucket ${i} what wasm/build/findfunc.mjs does not expect`);
  }
  memory.fill(0, address, address + bucket * count);
  return writing(address, count);
}

// writing is: for i from 0 to count, the 32 bits at address + 20 * i are i / 16.
function writing(address, count) {
  const i = 0;
  const [loop, nothing, end, branchIf] = [0x03, 0x40, 0x0b, 0x0d];
  const [get, set, tee, constant, store] = [0x20, 0x21, 0x22, 0x41, 0x36];
  const [add, multiply, shiftRight, below] = [0x6a, 0x6c, 0x76, 0x49];
  const [bucketIs, perFunctionIs, aligned] = [signedLeb(bucket), signedLeb(Math.log2(perFunction)), 2];
  return Uint8Array.of(
    constant, 0, set, i,
    loop, nothing,
    get, i, constant, ...bucketIs, multiply, get, i, constant, ...perFunctionIs, shiftRight, store, aligned, ...leb(address),
    get, i, constant, ...signedLeb(1), add, tee, i, constant, ...signedLeb(count), below, branchIf, 0,
    end,
  );
}
