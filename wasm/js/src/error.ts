import type { Code } from "./codes.js";
import type { Issue } from "./issue.js";

/** What an error has besides its code and message. */
export interface WsbindErrorDetails {
  /** FHIRPath of the element at fault. */
  readonly expression?: string | undefined;
  /** Everything found in a document that was refused. */
  readonly issues?: readonly Issue[] | undefined;
  /** What could be repaired in a definition that was refused for other reasons. */
  readonly repairs?: readonly Issue[] | undefined;
  /** The error of another party that led to this one. */
  readonly cause?: unknown;
}

/**
 * The one kind of error that this package throws. Branch on {@link WsbindError.code}:
 *
 * ```js
 * try { await tokens.verify(token) }
 * catch (err) { if (err.code === "expired-token") return renew() }
 * ```
 *
 * `message` is a sentence for a person. It names the value and the limit, never
 * a token or key material. What a code means in FHIR, HTTP and on a websocket
 * is in {@link codes}.
 */
export class WsbindError extends Error {
  /** What went wrong, a word of the one vocabulary. */
  readonly code: Code;
  /** FHIRPath of the element at fault, where there is one. */
  declare readonly expression?: string;
  /** Everything that was found in a document that was refused. */
  declare readonly issues?: readonly Issue[];
  /** What could be repaired in a definition that was refused for other reasons. */
  declare readonly repairs?: readonly Issue[];

  /** Makes an error; applications seldom need to. */
  constructor(code: Code, message: string, details: WsbindErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.expression) this.expression = details.expression;
    if (details.issues) this.issues = details.issues;
    if (details.repairs) this.repairs = details.repairs;
  }

  static {
    // On the prototype, as the built-in errors have it.
    Object.defineProperty(this.prototype, "name", { value: "WsbindError", configurable: true, writable: true });
  }
}
