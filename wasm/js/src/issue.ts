import type { Code } from "./codes.js";

/** How bad an issue is; `fatal` and `error` make a document invalid. */
export type Severity = "fatal" | "error" | "warning" | "information";

/** Where in a document an issue is. */
export interface Position {
  /** Offset in bytes of UTF-8, from 0. */
  readonly byte: number;
  /** Line, from 1. */
  readonly line: number;
  /** Column in UTF-16 units, from 1: an index into the line as a JavaScript string, plus one. */
  readonly column: number;
  /** Length of what is at fault, in bytes. */
  readonly length: number;
}

/** One finding about a document. */
export interface Issue {
  /** How bad it is. */
  readonly severity: Severity;
  /** What it is, a word of the one vocabulary. */
  readonly code: Code;
  /** FHIR's IssueType, such as `required` or `value`. */
  readonly type: string;
  /** FHIRPath of the element, such as `Parameters.parameter[0].value`: one or none. */
  readonly expression: readonly string[];
  /** A sentence that names the value and the limit. */
  readonly diagnostics: string;
  /** Where in the document it is. */
  readonly position: Position;
}

/** What a validation says of a document. */
export interface Verdict {
  /** True if no issue is `fatal` or `error`. */
  readonly valid: boolean;
  /** Everything found, in the order of the finding; also warnings about a valid document. */
  readonly issues: readonly Issue[];
}
