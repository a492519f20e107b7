// The module and its live instance. An instance that trapped is dropped, and
// the next call has a new one, on which definitions are loaded again.

import { WsbindError } from "./error.js";
import type { Head } from "./heads.js";
import { Instance, isValid, type Operation } from "./instance.js";
import type { Issue, Verdict } from "./issue.js";
import { why } from "./options.js";
import { unread } from "./verdict.js";
import { stubs } from "./wasi.js";

/** A definition as the engine keeps it: what to load, on whatever instance. */
export interface Source {
  readonly head: Uint8Array;
  readonly document: string | Uint8Array;
}

/** How many definitions an instance keeps. */
const MAX_DEFINITIONS = 256;

/** Up to this many UTF-16 units a document is kept for its issues. */
const MAX_KEPT = 8192;

/** How many verdicts with issues are read at once when those of one were looked at. */
const HABIT = 15;

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
  /** How many verdicts are still read at once: who looked at issues once mostly looks at them. */
  #habit = 0;

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
      throw new WsbindError("trapped", `the instance is gone, and there is no other (${why(err)}): try again later, or load anew`, { cause: err });
    }
  }

  /** call makes one call; undefined is the answer 0. It throws nothing but WsbindError. */
  call(operation: Operation, head: Uint8Array, document: string | Uint8Array): unknown {
    return this.instance.call(operation, head, document);
  }

  /**
   * judge is call for a validation. What is wrong is found, or read, when the
   * issues are looked at: so it stays for those who never do, while for the
   * others all is done at once, but for one verdict in sixteen that tells whether
   * they still look.
   */
  judge(operation: Operation, head: Head, document: string | Uint8Array): Verdict | undefined {
    if (this.#habit > 0) {
      const verdict = this.call(operation, head.full, document) as Verdict | undefined;
      if (verdict !== undefined) this.#habit--;
      return verdict;
    }
    const isKept = head.brief !== undefined && typeof document === "string" && document.length <= MAX_KEPT;
    const answer = this.instance.judge(operation, isKept ? head.brief : head.full, document);
    if (answer === "") return this.#judgeAgain(operation, head.full, document);
    return typeof answer === "string" ? this.#readLater(answer) : (answer as Verdict | undefined);
  }

  #judgeAgain(operation: Operation, head: Uint8Array, document: string | Uint8Array): Verdict {
    return unread(false, () => {
      try {
        return this.#looked(this.call(operation, head, document));
      } catch {
        return this.#looked(this.call(operation, head, document)); // the instance trapped, and this is the next call
      }
    });
  }

  #readLater(answer: string): Verdict {
    return unread(isValid(answer), () => this.#looked(JSON.parse(answer)));
  }

  #looked(verdict: unknown): readonly Issue[] {
    this.#habit = HABIT;
    return (verdict as Verdict).issues;
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
