// Options as callers give them. A misspelt one is refused, so that a limit or an
// audience which was meant is never silently left out.

import { WsbindError } from "./error.js";
import type { Fetch } from "./jwks.js";
import { isWellFormed } from "./utf8.js";

/** refuse throws the error of an option that cannot be used. */
export function refuse(message: string, cause?: unknown): never {
  throw new WsbindError("invalid-option", message, { cause });
}

/** checkOptions refuses what is no object, or has a member that is not known. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  // A text in their place may be a key.
  if (show(options) !== "[object Object]") refuse(`${what}: the options are ${kindOf(options)}, a plain object is due`);
  let unknown: string | undefined;
  try {
    for (const name in options) if (!known.includes(name)) unknown ??= name;
  } catch (err) {
    unreadable(what, err);
  }
  if (unknown !== undefined) refuse(`${what}: there is no option ${show(unknown)}: ${known.join(", ")} are known`);
}

/** readOptions checks options and reads each once, by its name: one that is inherited, or a getter, is meant as well. */
export function readOptions<T extends object>(what: string, options: T, known: readonly (keyof T & string)[]): T {
  checkOptions(what, options, known);
  try {
    return Object.fromEntries(known.map((name) => [name, options[name]])) as unknown as T;
  } catch (err) {
    return unreadable(what, err);
  }
}

/** unreadable refuses options with a getter or a trap of a Proxy that throws. */
export function unreadable(what: string, err: unknown): never {
  refuse(`${what}: the options cannot be read: ${why(err)}`, err);
}

/** checkOneOf refuses a value that is not among the allowed ones; undefined stands for the default. */
export function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (value !== undefined && !allowed.includes(value)) refuse(`${name} is ${show(value)}, one of ${allowed.join(", ")} is due`);
}

/** checkSignal refuses what is no AbortSignal. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || (typeof signal?.aborted === "boolean" && typeof signal.addEventListener === "function")) return signal;
  return refuse(`signal is ${show(signal)}, an AbortSignal is due`);
}

/** checkFunction refuses what cannot be called. */
export function checkFunction<T>(name: string, given: T | undefined): T | undefined {
  return given === undefined || typeof given === "function" ? given : refuse(`${name} is ${show(given)}, a function is due`);
}

/** checkFetch returns what is called in place of the runtime's `fetch`, which is looked up with each call. */
export function checkFetch(given: Fetch | undefined): Fetch {
  checkFunction("fetch", given);
  // Not as a method of the options, which some runtimes refuse.
  return given ? (input, init) => given(input, init) : (input, init) => globalThis.fetch(input, init);
}

/** isText says whether a value is a string that can be written: not empty, and without half a surrogate pair. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && isWellFormed(value);
}

/** kindOf is show for what may be a secret: of a string it tells no more than that it is one. */
export function kindOf(value: unknown): string {
  return typeof value === "string" ? "a string" : show(value);
}

/** show names a value in a message: its kind alone where it is neither short text nor a number. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (typeof value === "number" || typeof value === "boolean" || value === undefined || value === null) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return "an object that lets nobody look at it"; // a revoked Proxy
  }
}

/** why says what went wrong, whatever it is that was thrown. */
export function why(err: unknown): string {
  try {
    return err instanceof Error ? err.message : String(err);
  } catch {
    return "it does not say why";
  }
}
