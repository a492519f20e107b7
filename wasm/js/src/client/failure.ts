/** Why something did not work, and what that means for the next try. */

import type { Code } from "../codes.js";
import { WsbindError, type WsbindErrorDetails } from "../error.js";
import { why } from "../options.js";

/**
 * `passing`: it may work the next time. `refused`: the server answered, and
 * wrongly; some of that on end are put up with. `final`: trying again cannot help.
 */
export type Prospect = "passing" | "refused" | "final";

/**
 * Refusals on end, of sessions or within one, until the client gives up: with the
 * waits between them that takes a minute, in which keys may be exchanged.
 */
export const maxRefusals = 8;

/** Thrown within the client only; what leaves it is {@link Failure.reason}. */
export class Failure extends Error {
  readonly reason: WsbindError;
  readonly prospect: Prospect;
  /** Not to be tried again within these milliseconds. */
  readonly after: number;
  /** Whether there is nothing to wait for: a new connection is all that is needed. */
  readonly expected: boolean;

  constructor(prospect: Prospect, reason: WsbindError, more: { after?: number; expected?: boolean } = {}) {
    super(reason.message);
    this.prospect = prospect;
    this.reason = reason;
    this.after = more.after ?? 0;
    this.expected = more.expected ?? false;
  }
}

export function passing(code: Code, message: string, details?: WsbindErrorDetails, after?: number): Failure {
  return new Failure("passing", new WsbindError(code, message, details), { after: after ?? 0 });
}

export function refused(code: Code, message: string, details?: WsbindErrorDetails): Failure {
  return new Failure("refused", new WsbindError(code, message, details));
}

export function final(code: Code, message: string, details?: WsbindErrorDetails): Failure {
  return new Failure("final", new WsbindError(code, message, details));
}

/** Reads a Failure out of whatever was thrown. What nobody expected is final: it would only happen again. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof WsbindError) return new Failure("final", thrown);
  return final("internal", `the client failed: ${why(thrown)}`, { cause: thrown });
}

/** Keeps a stranger's sentence from flooding a log. */
export function shorten(text: string, most = 300): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
