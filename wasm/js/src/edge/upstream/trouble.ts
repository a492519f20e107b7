/** What goes wrong behind a bridge, in the words that a gate closes with. What it says is for the operator. */

import { Failure } from "../../client/failure.js";
import { WsbindError } from "../../error.js";

/** upstreamFailure says of a failed request or connection whether the server could not be reached, or refuses. */
export function upstreamFailure({ prospect, reason, after }: Failure): Failure {
  if (reason.code === "aborted") return new Failure("final", reason);
  return prospect === "passing"
    ? new Failure("passing", new WsbindError("upstream-unavailable", reason.message, { cause: reason }), { after })
    : new Failure("refused", new WsbindError("upstream-refused", reason.message, { cause: reason }));
}

/** unknownSubscription is about one that is not there to be bound; this the client reads. */
export function unknownSubscription(id: string, why: string, cause?: unknown): WsbindError {
  return new WsbindError("unknown-subscription", `Subscription ${id} ${why}: create it again, or leave it out`, { cause });
}
