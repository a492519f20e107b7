/** Judging what the FHIR server sends. */

import type { Release } from "../definition.js";
import type { Kit } from "../kit.js";
import { why } from "../options.js";
import { issuesFrame } from "./frames.js";
import type { Observer } from "./observe.js";

/** What becomes of a notification that is not valid: it is reported only, left out, or preceded by an OperationOutcome. */
export type Check = "report" | "drop" | "annotate";

/** The frames that a client is sent for one of the FHIR server. */
export type Judge = (frame: string, socket: number) => readonly string[];

/** judgeOf makes a judge. What it finds goes to the operator in any case. */
export function judgeOf(check: Check, kit: Kit, fhir: Release, observe: Observer): Judge {
  return (frame, socket) => {
    try {
      const { valid, issues } = kit.validateNotification(frame, { fhir });
      if (valid) return [frame];
      const [first] = issues.filter(({ severity }) => severity === "fatal" || severity === "error");
      observe({ event: "notification-refused", socket, code: first?.code, detail: first?.diagnostics });
      if (check === "drop") return [];
      return check === "annotate" ? [issuesFrame(issues), frame] : [frame];
    } catch (err) {
      // Nothing was said about this notification; the next one has a fresh instance.
      observe({ event: "notification-refused", socket, code: "internal", detail: why(err) });
      return check === "drop" ? [] : [frame];
    }
  };
}
