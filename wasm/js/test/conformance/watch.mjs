// Looks on while the package compiles and instantiates its module, so that the
// suite can say which bytes really ran, how much memory they hold, and what
// happens when they trap.

/**
 * Wraps WebAssembly from here on.
 *
 * @returns bytes(): what was compiled last, undefined if nothing was;
 *   module() and instance(): what was instantiated last;
 *   instances(): how many there were
 */
export function watch() {
  const seen = { bytes: undefined, module: undefined, instance: undefined, instances: 0 };
  const { compile, compileStreaming, instantiate, instantiateStreaming, Instance, Module } = WebAssembly;
  const note = (instance, module) => {
    Object.assign(seen, { instance, module });
    seen.instances++;
    return instance;
  };
  const noteBytes = async (source) => (seen.bytes = new Uint8Array(await (await source).clone().arrayBuffer()));
  const isBytes = (source) => source instanceof ArrayBuffer || ArrayBuffer.isView(source);
  const copy = (source) => (seen.bytes = Uint8Array.from(new Uint8Array(source.buffer ?? source, source.byteOffset ?? 0, source.byteLength)));
  const wrapped = {
    compile: (source) => (copy(source), compile.call(WebAssembly, source)),
    compileStreaming: async (source) => (await noteBytes(source), compileStreaming.call(WebAssembly, source)),
    instantiate: async (source, imports) => {
      if (isBytes(source)) copy(source);
      const result = await instantiate.call(WebAssembly, source, imports);
      note(result.instance ?? result, result.module ?? source);
      return result;
    },
    instantiateStreaming: async (source, imports) => {
      await noteBytes(source);
      const result = await instantiateStreaming.call(WebAssembly, source, imports);
      note(result.instance, result.module);
      return result;
    },
    Module: new Proxy(Module, { construct: (target, [source]) => (copy(source), new target(source)) }),
    Instance: new Proxy(Instance, { construct: (target, args) => note(new target(...args), args[0]) }),
  };
  for (const [name, value] of Object.entries(wrapped)) {
    if (WebAssembly[name]) Object.defineProperty(WebAssembly, name, { value, configurable: true, writable: true });
  }
  return { bytes: () => seen.bytes, module: () => seen.module, instance: () => seen.instance, instances: () => seen.instances };
}
