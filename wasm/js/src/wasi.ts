// The one WASI shim, for every runtime. The module needs nothing of its host:
// it was initialised when it was built, reads no clock and draws no randomness.
// wsbind-jose.wasm draws some where it signs by itself, which is never asked of it
// here; if it were, it would trap rather than sign with a stub's.

import { WsbindError } from "./error.js";

/** The namespace of everything that the module imports. */
const NAMESPACE = "wasi_snapshot_preview1";

/** ENOSYS: there is no such system call here. */
const ENOSYS = 52;

/** System calls by name. */
interface Calls {
  [name: string]: (...args: never[]) => number;
}

/** The one that does not return. */
const answers: Calls = {
  proc_exit: (status: number) => {
    throw new Error(`the module exited with status ${status}`);
  },
};

/** stubs answers every import of a module of ours, and refuses another's. */
export function stubs(module: object): { [namespace: string]: Calls } {
  const calls: Calls = {};
  for (const { module: namespace, name, kind } of WebAssembly.Module.imports(module as WebAssembly.Module)) {
    if (namespace !== NAMESPACE || kind !== "function") {
      throw new WsbindError("incompatible-module", `the module imports the ${kind} ${namespace}.${name}, which no module of wsbind does`);
    }
    calls[name] = answers[name] ?? (() => ENOSYS);
  }
  return { [NAMESPACE]: calls };
}
