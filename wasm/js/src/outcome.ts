import type { Code } from "./codes.js";
import type { Issue, Severity } from "./issue.js";
import { refuse, show, why } from "./options.js";

/** The system of this package's codes in an OperationOutcome. */
export const CODE_SYSTEM = "urn:wsbind:code";

/** Extensions that HL7 publishes for where in the source an issue is. */
const LINE = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line";
const COLUMN = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col";

/** An extension that holds a line or a column. */
export interface PositionExtension {
  /** Which of the two it is. */
  url: string;
  /** The line or column, from 1. */
  valueInteger: number;
}

/** A code of this package within an {@link OperationOutcome}. */
export interface OutcomeCoding {
  /** Where the code is defined. */
  system: string;
  /** The code. */
  code: Code;
}

/** What an issue is about, in codes. */
export interface OutcomeDetails {
  /** One: that of this package. */
  coding: OutcomeCoding[];
}

/** One issue of an {@link OperationOutcome}. */
export interface OperationOutcomeIssue {
  /** Line and column, in two extensions that HL7 publishes. */
  extension?: PositionExtension[];
  /** How bad it is. */
  severity: Severity;
  /** FHIR's IssueType. */
  code: string;
  /** This package's code, in the system `urn:wsbind:code`. */
  details?: OutcomeDetails;
  /** A sentence that names the value and the limit. */
  diagnostics?: string;
  /** FHIRPath of the element. */
  expression?: string[];
}

/** FHIR's resource for findings, good in R4, R4B and R5. */
export interface OperationOutcome {
  /** The name of the resource type. */
  resourceType: "OperationOutcome";
  /** At least one. */
  issue: OperationOutcomeIssue[];
}

/**
 * issuesToOperationOutcome writes issues as the resource that FHIR has for them.
 * FHIR's issue type becomes `issue.code`, and the code of this package stands in
 * `details.coding`. No issues become one of severity `information`, since FHIR
 * asks for at least one.
 *
 * ```js
 * const { valid, issues } = kit.validateResponse(text)
 * if (!valid) return Response.json(issuesToOperationOutcome(issues), { status: 422 })
 * ```
 */
export function issuesToOperationOutcome(issues: readonly Issue[]): OperationOutcome {
  const issue = written(issues);
  if (issue.length === 0) issue.push({ severity: "information", code: "informational", diagnostics: "no issues found" });
  return { resourceType: "OperationOutcome", issue };
}

function written(issues: readonly Issue[]): OperationOutcomeIssue[] {
  if (!Array.isArray(issues)) refuse(`the issues are ${show(issues)}: a list is due, such as the issues of a verdict`);
  try {
    return issues.map(outcomeIssue);
  } catch (err) {
    return refuse(`an issue is not as verdicts have them: ${why(err)}`, err);
  }
}

function outcomeIssue({ severity, code, type, expression, diagnostics, position }: Issue): OperationOutcomeIssue {
  return {
    extension: [
      { url: LINE, valueInteger: position.line },
      { url: COLUMN, valueInteger: position.column },
    ],
    severity,
    code: type,
    details: { coding: [{ system: CODE_SYSTEM, code }] },
    ...(diagnostics && { diagnostics }),
    ...(expression.length > 0 && { expression: [...expression] }),
  };
}
