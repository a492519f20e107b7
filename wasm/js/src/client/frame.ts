/** What a frame of the websocket is. */

import { codes, type Code } from "../codes.js";
import type { Release } from "../definition.js";
import type { NotificationVerdict } from "../judging.js";
import type { Kit } from "../kit.js";
import type { SubscriptionStatus } from "../notification.js";
import { WsbindError } from "../error.js";
import { frameMeaning, type FrameMeaning } from "./closing.js";
import { readOutcome } from "./complaint.js";
import { asFailure } from "./failure.js";

/** A frame that was read. */
export type ReadFrame =
  | { readonly kind: "notification"; readonly verdict: NotificationVerdict; readonly statuses: readonly SubscriptionStatus[] }
  | { readonly kind: "outcome"; readonly meaning: FrameMeaning; readonly spelling: string; readonly said: string; readonly error: WsbindError }
  | { readonly kind: "odd"; readonly error: WsbindError };

/** A frame that is a notification. */
export type ReadNotification = Extract<ReadFrame, { kind: "notification" }>;

/** A frame that is an OperationOutcome. */
export type ReadOutcome = Extract<ReadFrame, { kind: "outcome" }>;

/** Reads a frame: a text, or null for a binary one. `maxFrame` is in UTF-16 units. */
function readFrame(kit: Kit, fhir: Release, maxFrame: number, text: string | null): ReadFrame {
  if (text === null) return odd("binary-frame", "the server sent a binary frame: notifications are text");
  if (text.length > maxFrame) return odd("frame-too-large", `the server sent a frame of ${text.length} characters, at most ${maxFrame} are read`);
  let verdict: NotificationVerdict;
  try {
    verdict = kit.readNotification(text, { fhir });
  } catch (err) {
    return { kind: "odd", error: asFailure(err).reason }; // the module trapped; the next frame has a fresh instance
  }
  const statuses = verdict.notification?.statuses ?? [];
  return statuses.length > 0 ? { kind: "notification", verdict, statuses } : readOther(verdict, text);
}

/**
 * Reads a frame, without the tokens where it is no notification: that is told, and
 * logged. Null if it is a notification but for these.
 */
export function readMasked(
  kit: Kit, fhir: Release, maxFrame: number, text: string | null, mask: (text: string) => string,
): { readonly frame: ReadFrame; readonly text: string | null } | null {
  const frame = readFrame(kit, fhir, maxFrame, text);
  if (frame.kind === "notification" || text === null) return { frame, text };
  const masked = mask(text);
  if (masked === text) return { frame, text };
  const reread = readFrame(kit, fhir, maxFrame, masked);
  return reread.kind === "notification" ? null : { frame: reread, text: masked };
}

function readOther(verdict: NotificationVerdict, text: string): ReadFrame {
  const complaints = readOutcome(text);
  const complaint = complaints.find(({ code }) => frameMeaning(code) !== "other") ?? complaints[0];
  if (complaint) {
    const { code, text: said } = complaint;
    const word: Code = Object.hasOwn(codes, code) ? (code as Code) : code === "expired" ? "expired-token" : "unavailable";
    return { kind: "outcome", meaning: frameMeaning(code), spelling: code, said, error: new WsbindError(word, `the server says: ${said}`) };
  }
  const first = verdict.issues[0];
  const message = `the frame is no notification: ${first?.diagnostics ?? "it has no status"}`;
  return { kind: "odd", error: new WsbindError(first?.code ?? "not-a-notification", message, { issues: verdict.issues }) };
}

function odd(code: Code, message: string): ReadFrame {
  return { kind: "odd", error: new WsbindError(code, message) };
}
