// What the server says of a client: findings, and assertions of a test.

import { WsbindError } from "../error.js";
import { shorten } from "../client/failure.js";

/** What a client did wrong. */
export interface Finding {
  /** What it is. */
  readonly code: string;
  /** How bad it is. */
  readonly severity: "error" | "warning" | "information";
  /** What the client did, in a sentence. */
  readonly message?: string;
  /** What it should do instead. */
  readonly advice?: string;
  /** Where in the journal that is seen. */
  readonly evidence?: readonly unknown[];
  /** Whatever else there is. */
  readonly [member: string]: unknown;
}

/** What a test expects to have happened: a sentence such as `"bound twice"`, or the same as an object. */
export type Assertion = string | { readonly [member: string]: unknown };

/** What became of an assertion. */
export interface AssertionResult {
  /** The assertion, as it was given. */
  readonly assertion: Assertion;
  /** Whether it holds. */
  readonly passed: boolean;
  /** How often it was found. */
  readonly found: number;
  /** What came nearest, where it does not hold. */
  readonly nearest?: readonly unknown[];
}

/** failed is the error of assertions of which some do not hold. */
export function failed(results: readonly AssertionResult[]): WsbindError {
  const wrong = results.filter(({ passed }) => !passed);
  const lines = wrong.flatMap(({ assertion, found, nearest = [] }) => [`- ${text(assertion)}: found ${found}`, ...nearest.map((one) => `    nearest: ${text(one)}`)]);
  return new WsbindError("assertion-failed", `${wrong.length} of ${results.length} assertions do not hold:\n${lines.join("\n")}`);
}

const text = (value: unknown): string => (typeof value === "string" ? value : shorten(JSON.stringify(value), 500));
