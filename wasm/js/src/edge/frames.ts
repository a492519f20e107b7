/** What the gate itself says to a client: OperationOutcome frames, and closes. */

import { codes, type Code } from "../codes.js";
import { WsbindError } from "../error.js";
import type { Issue } from "../issue.js";
import { CODE_SYSTEM, issuesToOperationOutcome, type OperationOutcomeIssue } from "../outcome.js";
import { why } from "../options.js";
import type { Omitted } from "./upstream/upstream.js";

/** A close frame. */
export interface Goodbye {
  readonly status: number;
  readonly reason: Code;
}

/** What went wrong behind the gate is the operator's to know: whoever it is told to may be nobody's client. */
const behind: ReadonlySet<Code> = new Set(["internal", "keys-unavailable", "store-unavailable", "upstream-unavailable", "upstream-refused"]);

/** asError makes an error with a code that closes a websocket out of whatever was thrown. */
export function asError(thrown: unknown): WsbindError {
  if (thrown instanceof WsbindError && codes[thrown.code].closeStatus !== 0) return thrown;
  return new WsbindError("internal", `the gate failed: ${why(thrown)}`, { cause: thrown });
}

/** goodbyeOf says with what a socket is closed. */
export function goodbyeOf(code: Code): Goodbye {
  const { closeStatus, closeReason } = codes[code];
  return closeStatus === 0 ? { status: 1011, reason: "internal" } : { status: closeStatus, reason: closeReason as Code };
}

/** outcomeFrame tells an error. */
export function outcomeFrame({ code, message, expression }: WsbindError): string {
  return frame([issue(code, behind.has(code) ? codes[code].meaning : message, expression)]);
}

/** unboundFrame says which Subscriptions are bound no more. */
export function unboundFrame(code: Code, ids: readonly string[]): string {
  return frame(ids.map((id) => about(code, id, `is bound no more. ${codes[code].meaning}`)));
}

/** omittedFrame says which Subscriptions of a good token were not bound. */
export function omittedFrame(omitted: readonly Omitted[]): string {
  return frame(omitted.map(({ id, error: { code } }) => about(code, id, `could not be bound. ${codes[code].meaning}`)));
}

/** issuesFrame tells what is wrong with the notification that follows. */
export function issuesFrame(issues: readonly Issue[]): string {
  return JSON.stringify(issuesToOperationOutcome(issues));
}

/** An issue that names a Subscription, in words and as FHIRPath. */
function about(code: Code, id: string, what: string): OperationOutcomeIssue {
  return issue(code, `Subscription/${id} ${what}`, `Subscription.where(id='${id}')`);
}

function issue(code: Code, diagnostics: string, expression?: string): OperationOutcomeIssue {
  return {
    severity: "error",
    code: codes[code].type,
    details: { coding: [{ system: CODE_SYSTEM, code }] },
    diagnostics,
    ...(expression && { expression: [expression] }),
  };
}

function frame(issue: readonly OperationOutcomeIssue[]): string {
  return JSON.stringify({ resourceType: "OperationOutcome", issue });
}
