// The verdict on a document with issues. To read them out of the answer costs as
// much as judging did, and who only asks for the verdict does not need them: they
// are read when somebody looks. To everyone the verdict is a plain object, which
// can be compared, copied, spread and written as JSON.

import type { Issue, Verdict } from "./issue.js";

/** How the answer of a validation begins, up to the verdict. */
const beginning = '{"valid":';

/** verdictOf returns the verdict in the text of an answer; undefined if that is another answer, or more than a verdict. */
export function verdictOf(text: string): Verdict | undefined {
  if (!text.startsWith(beginning) || !text.endsWith("}]}")) return undefined;
  const verdict = { valid: text.startsWith("true", beginning.length) };
  Object.defineProperty(verdict, "issues", issues);
  Object.defineProperty(verdict, Symbol.for("nodejs.util.inspect.custom"), inspected);
  new Answer(verdict, text);
  return verdict as Verdict;
}

/** What makes a class stamp its private members onto an object that is there already. */
class Stamp {
  constructor(object: object) {
    return object;
  }
}

/** The text of the answer, on its verdict: a WeakMap would take as long as everything else here. */
class Answer extends Stamp {
  readonly #text: string;

  constructor(verdict: object, text: string) {
    super(verdict);
    this.#text = text;
  }

  static textOf(verdict: object): string | undefined {
    return #text in verdict ? verdict.#text : undefined;
  }
}

/** The property issues of every verdict, until it is read for the first time. */
const issues: PropertyDescriptor = {
  enumerable: true,
  configurable: true,
  get(this: object): readonly Issue[] | undefined {
    const text = Answer.textOf(this);
    if (text === undefined) return undefined; // of something that inherits from a verdict
    const { issues } = JSON.parse(text) as Verdict;
    // A frozen verdict stays as it is, and reads them each time.
    Reflect.defineProperty(this, "issues", { value: issues, enumerable: true, configurable: true, writable: true });
    return issues;
  },
};

/** What console.log shows in Node, Deno and Bun: otherwise a getter. */
const inspected: PropertyDescriptor = {
  configurable: true,
  value(this: Verdict): Verdict {
    return { ...this };
  },
};
