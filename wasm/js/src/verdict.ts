// The verdict on a document with issues. To find, place and word them and to read
// them here takes longer than judging did, and who only asks for the verdict does
// not need them: they are read when somebody looks. To everyone the verdict is a
// plain object, which can be compared, copied, spread, written as JSON, and wrapped
// in a Proxy, as the stores of user interfaces do.

import type { Issue, Verdict } from "./issue.js";

/**
 * Where a verdict has what reads its issues. A private member would be half a
 * microsecond faster, but no Proxy has it; a getter of its own, one slower.
 */
const source = Symbol("issues");

interface Unread {
  readonly [source]?: () => readonly Issue[];
}

/** unread returns a verdict whose issues are read when they are looked at for the first time. */
export function unread(valid: boolean, read: () => readonly Issue[]): Verdict {
  let found: readonly Issue[] | undefined;
  const verdict = { valid };
  Object.defineProperty(verdict, "issues", issues);
  Object.defineProperty(verdict, source, { value: () => (found ??= read()) });
  Object.defineProperty(verdict, inspect, inspected);
  return verdict as unknown as Verdict;
}

/** The property issues of every verdict, until it is read for the first time. */
const issues: PropertyDescriptor = {
  enumerable: true,
  configurable: true,
  get(this: Unread): readonly Issue[] | undefined {
    const value = this[source]?.();
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

/** What console.log asks for in Node, Deno and Bun, which would show a getter. */
const inspect = Symbol.for("nodejs.util.inspect.custom");
const inspected: PropertyDescriptor = {
  configurable: true,
  value(this: Verdict): Verdict {
    return { ...this };
  },
};
