/** What the end of a socket means: which close codes heal, and which do not (P§10). */

import type { Code } from "../codes.js";
import { Failure, final, passing, refused, shorten, type Prospect } from "./failure.js";
import { WsbindError } from "../error.js";

/**
 * The reasons that servers close with. An expired or used token is replaced by
 * a new one; a refused one is tried again a few times, since keys are exchanged
 * and servers restarted; a Subscription that is gone stays so.
 */
const reasons: Readonly<Record<string, Prospect>> = {
  "going-away": "passing",
  "slow-reader": "passing",
  "internal": "passing",
  "unavailable": "passing",
  "keys-unavailable": "passing",
  "upstream-unavailable": "passing",
  "store-unavailable": "passing",
  "bind-timeout": "passing",
  "expired-token": "passing",
  "already-used": "refused",
  "revoked-token": "refused",
  "invalid-token": "refused",
  "expected-bind": "refused",
  "binary-frame": "refused",
  "invalid-utf8": "refused",
  "frame-too-large": "refused",
  "upstream-refused": "refused",
  "too-many-requests": "refused",
  "unknown-subscription": "final",
};

/** Codes that say that the connection ended, and nothing about what was sent (RFC 6455, 7.4.1). */
const goodbyes = new Set([1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014]);

/** Reads why the other side closed a socket that was open. */
export function closeFailure(code: number, reason: string): Failure {
  const known = Object.hasOwn(reasons, reason);
  const message = `the server closed the socket with ${code}${reason === "" ? "" : ` ${shorten(reason)}`}`;
  const word: Code = known ? (reason as Code) : "connection-lost";
  const prospect = known ? reasons[reason]! : goodbyes.has(code) ? "passing" : "refused";
  return new Failure(prospect, new WsbindError(word, message), { expected: reason === "expired-token" });
}

/** What an OperationOutcome frame means for the bindings on its socket. */
export type FrameMeaning = "unbound" | "refused" | "gone" | "other";

const meanings: Readonly<Record<string, FrameMeaning>> = {
  "expired-token": "unbound",
  "revoked-token": "unbound",
  "expired": "unbound", // FHIR's word, of servers that do not speak ours
  "invalid-token": "refused",
  "already-used": "refused",
  "expected-bind": "refused",
  "security": "refused",
  "login": "refused",
  "invalid": "refused",
  "not-found": "refused", // which may be about the token: only ours is sure
  "unknown-subscription": "gone",
  "subscription-not-bindable": "gone",
};

/** Reads the code of a frame's issue, ours or FHIR's. */
export function frameMeaning(code: string): FrameMeaning {
  return Object.hasOwn(meanings, code) ? meanings[code]! : "other";
}

/** The failure of a bind that was answered by a frame. */
export function bindFailure(code: string, text: string): Failure {
  const message = `the server refused the bind: ${text}`;
  if (frameMeaning(code) === "gone") return final("unknown-subscription", message);
  const word: Code = Object.hasOwn(reasons, code) ? (code as Code) : code === "expired" ? "expired-token" : "invalid-token";
  return word === "expired-token" ? passing(word, message) : refused(word, message);
}
