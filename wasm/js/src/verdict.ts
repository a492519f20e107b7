// The verdict on a document with issues. To find, place and word them and to read
// them here takes longer than judging did, and who only asks for the verdict does
// not need them: they are read when somebody looks. To everyone the verdict is a
// plain object, which can be compared, copied, spread and written as JSON.

import type { Issue, Verdict } from "./issue.js";

/** unread returns a verdict whose issues are read when they are looked at for the first time. */
export function unread(valid: boolean, read: () => readonly Issue[]): Verdict {
  const verdict = { valid };
  Object.defineProperty(verdict, "issues", issues);
  Object.defineProperty(verdict, inspect, inspected);
  new Source(verdict, read);
  return verdict as unknown as Verdict;
}

/** What makes a class stamp its private members onto an object that is there already. */
class Stamp {
  constructor(object: object) {
    return object;
  }
}

/** Where the issues come from, or what came, on their verdict: a WeakMap would take as long as everything else here. */
class Source extends Stamp {
  #source: (() => readonly Issue[]) | readonly Issue[];

  constructor(verdict: object, read: () => readonly Issue[]) {
    super(verdict);
    this.#source = read;
  }

  static issuesOf(verdict: object): readonly Issue[] {
    if (!(#source in verdict)) return Source.issuesOf(Object.getPrototypeOf(verdict)); // it inherits from a verdict
    const source = verdict.#source;
    return typeof source === "function" ? (verdict.#source = source()) : source;
  }
}

/** The property issues of every verdict, until it is read for the first time. */
const issues: PropertyDescriptor = {
  enumerable: true,
  configurable: true,
  get(this: object): readonly Issue[] {
    const value = Source.issuesOf(this);
    // A frozen verdict stays as it is.
    if (Object.hasOwn(this, "issues")) Reflect.defineProperty(this, "issues", { value, enumerable: true, configurable: true, writable: true });
    return value;
  },
};

/** What console.log asks for in Node, Deno and Bun, which would show a getter. */
const inspect = Symbol.for("nodejs.util.inspect.custom");
const inspected: PropertyDescriptor = {
  configurable: true,
  value(this: Verdict): Verdict {
    return { ...this };
  },
};
