/** Who calls the token endpoint. */

import { WsbindError } from "../error.js";
import { checkOneOf, isText, readOptions, show } from "../options.js";
import { encode } from "../utf8.js";

/** Who calls, by name or as a {@link Caller}; nobody (401); or an answer, such as a redirect to a login. */
export type Authorized = string | Caller | Response | null | undefined;

/** Who calls. */
export interface Caller {
  /** A name, which becomes the token's `sub`. */
  readonly caller: string;
}

/**
 * Says who calls. A {@link WsbindError} that it throws is answered by the status of
 * its code, anything else by 500 without a detail. It must not read the body.
 */
export type Authorize = (request: Request) => Authorized | Promise<Authorized>;

/** What {@link upstreamCaller} takes. */
export interface UpstreamCallerOptions {
  /** True lets callers without Authorization in, all by the name `anonymous`; for FHIR servers that are open to everyone. Default false. */
  readonly anonymous?: boolean | undefined;
}

/** Those that prove nothing, so that the resolver has to. */
const unproven = new WeakSet<Authorize>();

/** Whether somebody else has to see to it that the caller's credential is good. */
export function provesNothing(authorize: Authorize): boolean {
  return unproven.has(authorize);
}

/**
 * Makes an `authorize` that names callers by their bearer token: `caller-` and a
 * part of its SHA-256, so that the token itself stands nowhere.
 *
 * **It proves nothing.** Whether the bearer token is good shows when the FHIR
 * server is asked for each Subscription with it, so {@link tokenEndpoint} takes this
 * only together with {@link upstreamResolver}; and a server that shows Subscriptions
 * to everybody lets everybody bind them. A caller has another name with each new
 * bearer token: revoking by `sub` reaches what was had with that one. Other schemes
 * than Bearer are refused: from the hash of a password it could be guessed.
 */
export function upstreamCaller(options: UpstreamCallerOptions = {}): Authorize {
  const { anonymous } = readOptions("upstreamCaller", options, ["anonymous"]);
  checkOneOf("upstreamCaller: anonymous", anonymous, [true, false]);
  const authorize: Authorize = ({ headers }) => {
    const authorization = headers.get("Authorization")?.trim();
    if (!authorization) return anonymous ? "anonymous" : undefined;
    return nameOf(authorization);
  };
  unproven.add(authorize);
  return authorize;
}

/** How many bytes of the hash make a name: that two callers share one takes 2^48 of them. */
const named = 12;

async function nameOf(authorization: string): Promise<string> {
  const [, scheme, token] = /^(\S+)\s+(\S.*)$/.exec(authorization) ?? [];
  if (token === undefined || scheme!.toLowerCase() !== "bearer") {
    throw new WsbindError("login-required", "Authorization has another scheme than Bearer: send a bearer token");
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encode(token) as BufferSource));
  const base64 = btoa(String.fromCharCode(...hash.subarray(0, named)));
  return `caller-${base64.replaceAll("+", "-").replaceAll("/", "_")}`;
}

/** The caller's name, or the answer to give. Throws `login-required` where nobody is named. */
export async function callerOf(authorize: Authorize, request: Request): Promise<string | Response> {
  const authorized = await authorize(request);
  if (authorized === undefined || authorized === null) throw new WsbindError("login-required", "the caller is not known: send an Authorization header");
  if (isResponse(authorized)) return authorized;
  const caller = typeof authorized === "string" ? authorized : authorized.caller;
  if (!isText(caller)) throw new TypeError(`authorize named the caller ${show(caller)}: a string that is not empty is due`);
  return caller;
}

/** By shape: in some runtimes it comes from another realm. */
function isResponse(value: object | string): value is Response {
  return typeof value === "object" && "status" in value && "headers" in value;
}
