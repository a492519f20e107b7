// What the server says of a client: findings, and assertions of a test.

import { shorten } from "../client/failure.js";
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

/** What the server saw happen: what assertions are about. */
export interface Fact {
  /** What it was, such as `bound`. */
  readonly fact: string;
  /** When, by the tenant's clock. */
  readonly time: string;
  /** The number of the entry in the journal. */
  readonly entry: number;

  /** The release of the base. */
  readonly fhir?: Release;
  /** The caller, by the name that stands in binding tokens. */
  readonly caller?: string;
  /** The ids that it is about. */
  readonly subscriptions?: readonly string[];
  /** The websocket. */
  readonly socket?: number;
  /** Whatever else is known of it. */
  readonly attributes?: { readonly [name: string]: string };
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
  readonly nearest?: readonly (Fact | string)[];
}

/** failed is the error of assertions of which some do not hold. */
export function failed(results: readonly AssertionResult[]): WsbindError {
  const wrong = results.filter(({ passed }) => !passed);
  const lines = wrong.flatMap(({ assertion, found, nearest = [] }) => [`- ${text(assertion)}: found ${found}`, ...nearest.map((one) => `    nearest: ${text(one)}`)]);
  return new WsbindError("assertion-failed", `${wrong.length} of ${results.length} assertions do not hold:\n${lines.join("\n")}`);
}

const text = (value: unknown): string => (typeof value === "string" ? value : shorten(JSON.stringify(value), 500));
