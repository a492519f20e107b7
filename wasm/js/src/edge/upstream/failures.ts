/** What goes wrong with a FHIR server, in the words that a gate closes with. */

import type { Code } from "../../codes.js";
import { Failure } from "../../client/failure.js";
import { WsbindError } from "../../error.js";
import { why } from "../../options.js";

/** What a server says of Subscriptions that cannot be bound. */
const unbindable: ReadonlySet<string> = new Set(["not-found", "gone", "subscription-not-bindable", "no-subscriptions", "unknown-subscription"]);

/** upstreamError makes one of `unknown-subscription`, `upstream-refused` and `upstream-unavailable` out of what a request or a connection came to. */
export function upstreamError(thrown: unknown): WsbindError {
  if (thrown instanceof WsbindError) return thrown;
  if (!(thrown instanceof Failure)) return new WsbindError("internal", `the gate failed: ${why(thrown)}`, { cause: thrown });
  const { reason, prospect } = thrown;
  const code: Code = prospect === "passing" || reason.code === "aborted" ? "upstream-unavailable" : unbindable.has(reason.code) ? "unknown-subscription" : "upstream-refused";
  return new WsbindError(code, reason.message, { cause: reason });
}

/** refusalOf reads an OperationOutcome that answers the gate's own bind; undefined where it is about an earlier one. */
export function refusalOf(code: string, text: string): WsbindError | undefined {
  if (code === "expired-token" || code === "revoked-token" || code === "expired") return undefined;
  const word: Code = unbindable.has(code) || code === "deleted" ? "unknown-subscription"
    : code === "too-many-requests" || code === "throttled" || code === "transient" ? "upstream-unavailable" : "upstream-refused";
  return new WsbindError(word, `the FHIR server refused the gate's bind: ${text}`);
}
