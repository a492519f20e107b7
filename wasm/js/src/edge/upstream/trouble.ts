/** What goes wrong behind a gate, in sentences for the client: what the server or the network said is the cause. */

import { Failure, type Prospect } from "../../client/failure.js";
import { WsbindError } from "../../error.js";

type Trouble = "upstream-unavailable" | "upstream-refused" | "store-unavailable";

const sentences: Readonly<Record<Trouble, string>> = {
  "upstream-unavailable": "the FHIR server cannot be reached now; the gate tries to have it back",
  "upstream-refused": "the FHIR server refuses the gate, or answers what cannot be read; its operator has to look",
  "store-unavailable": "the gate's store cannot be reached, so that no event can be numbered; try again later",
};

/** What happened, without what only the operator should read. */
export function trouble(code: Trouble, cause?: unknown): WsbindError {
  return new WsbindError(code, sentences[code], { cause });
}

/** A Subscription that is not there to be bound. */
export function unknownSubscription(id: string, why: string, cause?: unknown): WsbindError {
  return new WsbindError("unknown-subscription", `Subscription ${id} ${why}: create it again, or leave it out`, { cause });
}

/** A failure to reach the server, or to be understood by it. */
export function upstreamFailure(failure: Failure): Failure {
  if (failure.reason.code === "aborted") return failure;
  const prospect: Prospect = failure.prospect === "passing" ? "passing" : "refused";
  return new Failure(prospect, trouble(prospect === "passing" ? "upstream-unavailable" : "upstream-refused", failure.reason), { after: failure.after });
}

/** The sentence behind an error, for the operator. */
export function detailOf(error: WsbindError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
