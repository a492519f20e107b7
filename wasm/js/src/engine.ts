// The module and its live instance. An instance that trapped is dropped, and
// the next call has a new one, on which definitions are loaded again.

import { WsbindError } from "./error.js";
import { Instance, type Operation } from "./instance.js";
import { stubs } from "./wasi.js";

/** A definition as the engine keeps it: what to load, on whatever instance. */
export interface Source {
  readonly head: Uint8Array;
  readonly document: string | Uint8Array;
}

/** How many definitions an instance keeps. */
const MAX_DEFINITIONS = 256;

/** Engine makes calls, one at a time, and survives traps. */
export class Engine {
  readonly #module: WebAssembly.Module;
  readonly #imports: WebAssembly.Imports;
  #instance: Instance | undefined;
  /** The handles on the live instance, the one used least recently first. */
  readonly #handles = new Map<Source, number>();
  /** The one used last, which is mostly the next one as well. */
  #last: Source | undefined;
  #lastHandle = 0;

  private constructor(module: object) {
    this.#module = module as WebAssembly.Module;
    this.#imports = stubs(module);
  }

  /** start makes an engine with a first instance. */
  static async start(module: object): Promise<Engine> {
    const engine = new Engine(module);
    engine.#instance = new Instance(await WebAssembly.instantiate(engine.#module, engine.#imports));
    return engine;
  }

  /** The live instance. Right after a call it is the one that a handle of the answer belongs to. */
  get instance(): Instance {
    if (this.#instance === undefined || this.#instance.dead) {
      this.#handles.clear();
      this.#last = undefined;
      this.#instance = this.#fresh();
    }
    return this.#instance;
  }

  #fresh(): Instance {
    try {
      return new Instance(new WebAssembly.Instance(this.#module, this.#imports));
    } catch (err) {
      const why = err instanceof Error ? err.message : String(err);
      throw new WsbindError("trapped", `the instance is gone, and there is no other (${why}): try again later, or load anew`, { cause: err });
    }
  }

  /** call makes one call; undefined is the answer 0. It throws nothing but WsbindError. */
  call(operation: Operation, head: Uint8Array, document: string | Uint8Array): unknown {
    return this.instance.call(operation, head, document);
  }

  /** judge is call for a validation, whose issues are read when they are looked at. */
  judge(operation: Operation, head: Uint8Array, document: string | Uint8Array): unknown {
    return this.instance.judge(operation, head, document);
  }

  /** define loads a definition and returns the answer of the module. */
  define(source: Source): unknown {
    const instance = this.instance;
    for (const [oldest, handle] of this.#handles) {
      if (this.#handles.size < MAX_DEFINITIONS) break;
      instance.forget(handle);
      this.#handles.delete(oldest);
      if (oldest === this.#last) this.#last = undefined;
    }
    const answer = instance.call("define", source.head, source.document);
    const { handle } = answer as { handle: number };
    if (handle !== 0) this.#handles.set(source, handle);
    return answer;
  }

  /** handle returns the handle of a definition on the live instance, where it is loaded if it is not yet. */
  handle(source: Source): number {
    void this.instance; // a new one has no handles
    if (source === this.#last) return this.#lastHandle;
    let handle = this.#handles.get(source);
    if (handle === undefined) {
      ({ handle } = this.define(source) as { handle: number });
      if (handle === 0) throw new WsbindError("internal", "a definition that was loaded before is refused now");
    } else {
      this.#handles.delete(source);
      this.#handles.set(source, handle);
    }
    this.#last = source;
    this.#lastHandle = handle;
    return handle;
  }
}
