// What the server says of a client: findings, and assertions of a test.

import type { Release } from "../definition.js";
import { WsbindError } from "../error.js";

/** A mistake of a client, as often as it made it. */
export interface Finding {
  /** Which mistake, such as `used-dead-token`. */
  readonly code: string;
  /** How bad it is. */
  readonly severity: "error" | "warning" | "information";
  /** What the client did, in a sentence. */
  readonly message: string;
  /** What its developer should do. */
  readonly advice: string;

  /** The release of the base. */
  readonly fhir?: Release;
  /** The caller, by the name that stands in binding tokens. */
  readonly caller?: string;
  /** The id of the Subscription. */
  readonly subscription?: string;
  /** The websocket of the first time. */
  readonly socket?: number;

  /** How often it was seen. */
  readonly count: number;
  /** Where in the journal, by the numbers of entries. */
  readonly evidence?: readonly number[];
}

/** What the server saw happen, and helps to see why an assertion does not hold. */
export interface Near {
  /** Where in the journal, by the number of the entry. */
  readonly entry?: number;
  /** What it was, in a sentence. */
  readonly text: string;
}

/** What a test expects to have happened: a sentence such as `"bound twice"`, or the same as an object. */
export type Assertion = string | { readonly [member: string]: unknown };

/** What became of an assertion. */
export interface AssertionResult {
  /** The assertion, in words. */
  readonly assertion: string;
  /** Whether it holds. */
  readonly passed: boolean;
  /** How often it was found. */
  readonly found: number;
  /** What came nearest, where it does not hold. */
  readonly nearest?: readonly Near[];
}

/** failed is the error of assertions of which some do not hold. */
export function failed(results: readonly AssertionResult[]): WsbindError {
  const wrong = results.filter(({ passed }) => !passed);
  const lines = wrong.flatMap(({ assertion, found, nearest = [] }) => [`- ${assertion}: found ${found}`, ...nearest.map(({ text }) => `    nearest: ${text}`)]);
  return new WsbindError("assertion-failed", `${wrong.length} of ${results.length} assertions do not hold:\n${lines.join("\n")}`);
}
