/** What an OperationOutcome says, in a frame or in an answer. */

import { shorten } from "./failure.js";

/** One issue of an OperationOutcome. */
export interface Complaint {
  /** Ours where the server speaks it (`details.coding`), else FHIR's issue type. */
  readonly code: string;
  /** A sentence for a person; the code where there is none. */
  readonly text: string;
}

/** Reads the issues of an OperationOutcome; none if the text is anything else. */
export function readOutcome(text: string): Complaint[] {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return [];
  }
  if (member(root, "resourceType") !== "OperationOutcome") return [];
  const issues = member(root, "issue");
  return Array.isArray(issues) ? issues.slice(0, maxIssues).map(readIssue) : [];
}

const maxIssues = 100;

function readIssue(issue: unknown): Complaint {
  const details = member(issue, "details");
  const codings = member(details, "coding");
  const code = words(member(Array.isArray(codings) ? codings[0] : undefined, "code")) || words(member(issue, "code")) || "unknown";
  const text = words(member(issue, "diagnostics")) || words(member(details, "text")) || code;
  return { code: shorten(code, 64), text: shorten(text) };
}

/** A member of a value that may be anything. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function words(value: unknown): string {
  return typeof value === "string" ? value : "";
}
