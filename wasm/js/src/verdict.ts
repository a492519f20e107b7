// The verdict on a document with issues. To find, place and word them and to read
// them here takes longer than judging did, and who only asks for the verdict does
// not need them: they are read when somebody looks. To everyone the verdict is a
// plain object, which can be compared, copied, spread, written as JSON, and wrapped
// in a Proxy, as the stores of user interfaces do.

import type { Issue, Verdict } from "./issue.js";

/** What console.log asks for in Node, Deno and Bun, which would show a getter. */
const inspect = Symbol.for("nodejs.util.inspect.custom");

/** With this in place of a depth, inspect is asked for the issues. */
const asked = Symbol("issues");

interface Unread {
  readonly [inspect]?: (depth: unknown) => readonly Issue[];
}

/**
 * unread returns a verdict whose issues are read when they are looked at for the
 * first time. What reads them is the function for console.log, which a verdict has
 * anyway: a further property takes a third longer, and a private member is what no
 * Proxy has.
 */
export function unread(valid: boolean, read: () => readonly Issue[]): Verdict {
  let found: readonly Issue[] | undefined;
  const verdict = { valid };
  Object.defineProperty(verdict, "issues", issues);
  Object.defineProperty(verdict, inspect, {
    configurable: true,
    value(this: object, depth: unknown) {
      return depth === asked ? (found ??= read()) : { ...this };
    },
  });
  return verdict as unknown as Verdict;
}

/** The property issues of every verdict, until it is read for the first time. */
const issues: PropertyDescriptor = {
  enumerable: true,
  configurable: true,
  get(this: Unread): readonly Issue[] | undefined {
    const value = this[inspect]?.(asked);
    // A frozen verdict stays as it is, and what inherits from one gets no member.
    if (Object.hasOwn(this, "issues")) settle(this, value);
    return value;
  },
  set(this: Unread, value: unknown): void {
    settle(this, value);
  },
};

/** settle makes issues a member as every other. */
function settle(verdict: object, value: unknown): void {
  Reflect.defineProperty(verdict, "issues", { value, enumerable: true, configurable: true, writable: true });
}
