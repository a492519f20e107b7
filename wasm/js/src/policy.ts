// What verifying and inspecting share: the options that say which tokens are
// accepted, a token in bytes, and the check of its signature.

import { algorithms as known, type Algorithm } from "./algorithm.js";
import { decode } from "./base64url.js";
import { copy, takeASCII } from "./bytes.js";
import { WsbindError } from "./error.js";
import type { Fetch } from "./jwks.js";
import { Kit } from "./kit.js";
import { isText, refuse, show } from "./options.js";
import { encode } from "./utf8.js";
import type { Check } from "./webcrypto.js";

/** The options of both, as far as they are checked here. */
interface PolicyOptions {
  readonly keys?: unknown;
  readonly jwksUrl?: unknown;
  readonly jwks?: unknown;
  readonly algorithms?: readonly Algorithm[] | undefined;
  readonly issuer?: unknown;
  readonly anyIssuer?: unknown;
  readonly audience?: unknown;
  readonly anyAudience?: unknown;
  readonly typ?: unknown;
  readonly anyType?: unknown;
  readonly clockTolerance?: number | undefined;
  readonly maxLifetime?: unknown;
  readonly now?: unknown;
  readonly fetch?: unknown;
  readonly kit?: unknown;
}

/** The bytes of a token that are read at most, as everywhere. */
export const MAX_TOKEN: number = 64 << 10;

/**
 * checkPolicy refuses options that cannot be used and, where all that a verifier
 * needs is due, those that would accept too much unsaid.
 */
export function checkPolicy<T extends PolicyOptions>(what: string, options: T, due: boolean): T {
  const { keys, jwksUrl, jwks, algorithms, clockTolerance } = options;
  if (keys === undefined ? due && jwksUrl === undefined : jwksUrl !== undefined) refuse(`${what}: one of keys and jwksUrl is due`);
  if (jwks !== undefined && jwksUrl === undefined) refuse(`${what}: jwks says how jwksUrl is fetched, and there is none`);
  if ((due || algorithms !== undefined) && !isList(algorithms)) {
    refuse(`${what}: algorithms is ${show(algorithms)}, a list of those to accept is due, such as ["ES256"]; ${known.join(", ")} are known`);
  }
  checkCompared(what, "issuer", options.issuer, "anyIssuer", options.anyIssuer, due);
  checkCompared(what, "audience", options.audience, "anyAudience", options.anyAudience, due);
  checkCompared(what, "typ", options.typ, "anyType", options.anyType, false);
  checkSeconds(what, "clockTolerance", clockTolerance, 0);
  checkSeconds(what, "maxLifetime", options.maxLifetime, 1);
  if (due) checkFunction(what, "now", options.now); // inspecting takes a point in time as well
  checkFunction(what, "fetch", options.fetch);
  if (options.kit !== undefined && !(options.kit instanceof Kit)) refuse(`${what}: kit is ${show(options.kit)}, what load() resolves to is due`);
  // To the microsecond, as now is: less than that would be written with an exponent, which the module does not read.
  return clockTolerance === undefined ? options : { ...options, clockTolerance: Math.round(clockTolerance * 1e6) / 1e6 };
}

/** checkCompared takes a value to be compared or the word that it is not, and not both. */
function checkCompared(what: string, name: string, value: unknown, anyName: string, any: unknown, due: boolean): void {
  if (any !== undefined && typeof any !== "boolean") refuse(`${what}: ${anyName} is ${show(any)}, true or false is due`);
  if (value !== undefined && !isText(value)) refuse(`${what}: ${name} is ${show(value)}, a string that is not empty is due`);
  if (value !== undefined && any === true) refuse(`${what}: ${name} is given, and ${anyName} says that it is not compared`);
  if (due && value === undefined && any !== true) refuse(`${what}: ${name} is due, or ${anyName}: true where every one is to be accepted`);
}

function checkSeconds(what: string, name: string, value: unknown, least: number): void {
  if (value !== undefined && !(typeof value === "number" && value >= least && value <= 1e9)) refuse(`${what}: ${name} is ${show(value)}, ${least} to 1000000000 seconds are due`);
}

function checkFunction(what: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") refuse(`${what}: ${name} is ${show(value)}, a function is due`);
}

function isList(names: unknown): boolean {
  return Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string");
}

/** runtimeFetch looks fetch up when it is called: a test or a tracer may have put another there. */
export const runtimeFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** bytesOf returns a token in bytes that nobody changes. */
export function bytesOf(token: string | Uint8Array): Uint8Array {
  const isText = typeof token === "string";
  if (!isText && !ArrayBuffer.isView(token)) throw new WsbindError("malformed-token", `the token is ${show(token)}, a string is due`);
  const bytes = isText ? ((token.length <= MAX_TOKEN ? takeASCII(token) : undefined) ?? encode(token)) : copy(token);
  if (bytes.length > MAX_TOKEN) throw new WsbindError("token-too-large", `the token has ${bytes.length} bytes, at most ${MAX_TOKEN} are read`);
  return bytes;
}

/** apply has the signature of a token checked. Whatever goes wrong is in the promise. */
export function apply(check: Check, token: Uint8Array, signingInputLength: number): Promise<boolean> {
  try {
    return check(decode(token, signingInputLength + 1), token.subarray(0, signingInputLength));
  } catch (err) {
    return Promise.reject(err);
  }
}
