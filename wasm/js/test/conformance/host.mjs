// A host of its own, written from wasm/ABI.md alone: the package's never breaks
// the rules, and this one is made to.

/**
 * Instantiates a compiled module.
 *
 * @returns exports;
 *   write(bytes): the address of a new buffer with these bytes;
 *   answer(result): what an operation returned, parsed, or undefined for 0;
 *   call(operation, options, document): both texts in an envelope, the answer
 */
export function host(module) {
  const imports = {};
  for (const { module: namespace, name } of WebAssembly.Module.imports(module)) {
    (imports[namespace] ??= {})[name] = stubs[name] ?? (() => 52);
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const write = (bytes) => {
    const address = exports.buffer_new(bytes.length);
    new Uint8Array(exports.memory.buffer).set(bytes, address);
    return address;
  };
  const answer = (result) => {
    if (result === 0n) return undefined;
    const bits = BigInt.asUintN(64, result);
    const address = Number(bits >> 32n);
    const bytes = new Uint8Array(exports.memory.buffer, address, Number(bits & 0xffffffffn));
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (exports.buffer_free(address | 0) !== 1) throw new Error("the result is no live buffer");
    if (bytes.some((byte) => byte !== 0)) throw new Error("a freed buffer is not overwritten");
    return value;
  };
  const call = (operation, options, document) => {
    const [head, tail] = [options, document].map((text) => new TextEncoder().encode(text));
    const bytes = new Uint8Array(4 + head.length + tail.length);
    new DataView(bytes.buffer).setUint32(0, head.length, true);
    bytes.set(head, 4);
    bytes.set(tail, 4 + head.length);
    return answer(exports[operation](write(bytes), bytes.length));
  };
  return { exports, write, answer, call };
}

const stubs = {
  proc_exit: (status) => {
    throw new Error(`the module exited with ${status}`);
  },
};
