// Options as callers give them. A misspelt one is refused, so that a limit or an
// audience which was meant is never silently left out.

import { WsbindError } from "./error.js";

/** refuse throws the error of an option that cannot be used. */
export function refuse(message: string, cause?: unknown): never {
  throw new WsbindError("invalid-option", message, { cause });
}

/** checkOptions refuses what is no object, or has a member that is not known. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  // A text in their place may be a key.
  if (show(options) !== "[object Object]") refuse(`${what}: the options are ${kindOf(options)}, a plain object is due`);
  for (const name in options) {
    if (!known.includes(name)) refuse(`${what}: there is no option ${show(name)}: ${known.join(", ")} are known`);
  }
}

/** checkOneOf refuses a value that is not among the allowed ones; undefined stands for the default. */
export function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (value !== undefined && !allowed.includes(value)) refuse(`${name} is ${show(value)}, one of ${allowed.join(", ")} is due`);
}

/** isText says whether a value is a string that can be written: not empty, and without half a surrogate pair. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value);
}

/** kindOf is show for what may be a secret: of a string it tells no more than that it is one. */
export function kindOf(value: unknown): string {
  return typeof value === "string" ? "a string" : show(value);
}

/** show names a value in a message: its kind alone where it is neither short text nor a number. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (typeof value === "number" || typeof value === "boolean" || value === undefined || value === null) return String(value);
  return typeof value === "object" ? Object.prototype.toString.call(value) : `a ${typeof value}`;
}
