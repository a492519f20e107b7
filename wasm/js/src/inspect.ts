// Inspecting: what stands in a token, and every rule with what came of it. It is
// for people's eyes; what a program decides by is the verifier.

import { algorithms as known, type Algorithm } from "./algorithm.js";
import type { Code } from "./codes.js";
import type { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { head } from "./instance.js";
import { readClock, seconds, systemClock, type Clock, type Instant } from "./instant.js";
import { JWKS, search, type Fetch, type JWKSOptions } from "./jwks.js";
import { sortKeys, type VerificationKeys } from "./keys.js";
import { engineOf, type Kit } from "./kit.js";
import { load } from "./load.js";
import { readOptions } from "./options.js";
import { apply, bytesOf, checkPolicy, MAX_TOKEN, runtimeFetch } from "./policy.js";
import { Ring } from "./ring.js";
import type { Check } from "./webcrypto.js";

/**
 * What a token is held against. All may be left out: what nothing was given for is
 * a rule that is `unknown`. Times are in seconds.
 */
export interface InspectOptions {
  /** The keys. Without these and `jwksUrl` the signature is not checked. */
  readonly keys?: VerificationKeys | undefined;
  /** Where the issuer publishes its JWK Set: https, or loopback. It is fetched where the token's signature can be checked. */
  readonly jwksUrl?: string | URL | undefined;
  /** How the set at `jwksUrl` is fetched. */
  readonly jwks?: JWKSOptions | undefined;
  /** The algorithms that are accepted, default all that are known. */
  readonly algorithms?: readonly Algorithm[] | undefined;
  /** The `iss` that is due. */
  readonly issuer?: string | undefined;
  /** True accepts every issuer. */
  readonly anyIssuer?: boolean | undefined;
  /** The `aud` that is due, or one of several. */
  readonly audience?: string | undefined;
  /** True accepts every audience. */
  readonly anyAudience?: boolean | undefined;
  /** The `typ` that is due, default `fhir-ws-binding+jwt`. */
  readonly typ?: string | undefined;
  /** True accepts any `typ` or none. */
  readonly anyType?: boolean | undefined;
  /** How far clocks may differ, default 0. */
  readonly clockTolerance?: number | undefined;
  /** How long a token may live, default 86,400. */
  readonly maxLifetime?: number | undefined;
  /** The time of the inspection, or a clock; default the runtime's. */
  readonly now?: Instant | Clock | undefined;
  /** What fetches `jwksUrl`, default the runtime's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** The kit whose module judges, default that of {@link load}. */
  readonly kit?: Kit | undefined;
}

/** A rule on tokens, in the order in which a verifier applies them. */
export type TokenRule =
  | "size" | "form" | "header" | "algorithm" | "embedded-key" | "extensions" | "key-id" | "type" | "payload" | "signature-form"
  | "signature" | "claims" | "issuer" | "audience" | "not-before" | "issued-at" | "expiration" | "lifetime";

/** A rule, and what came of it. */
export interface RuleVerdict {
  /** Its name. */
  readonly rule: TokenRule;
  /** `unknown` where it cannot be judged: what it is about cannot be read, or nothing was given to judge it by. */
  readonly state: "met" | "broken" | "unknown";
  /** Why a verifier would refuse the token, or why the signature could not be checked. */
  readonly code: Code | null;
  /** What was found and what is due, a sentence for a person. It never holds the token. */
  readonly diagnostics: string;
}

/**
 * What {@link inspect} shows of a token. It is for people's eyes: **header and
 * claims are unverified**, anybody may have written them, unless `valid` is true.
 * A program that decides anything calls {@link verifier}.
 */
export interface Inspection {
  /** The text of the header as it stands in the token, JSON or not; null where it cannot be decoded. */
  readonly header: string | null;
  /** The text of the claims set as it stands in the token, UNVERIFIED unless `valid`; null where it cannot be decoded. */
  readonly claims: string | null;
  /** The `alg` of the header, whether it is known or not. */
  readonly algorithm: string | null;
  /** The `kid` of the header. */
  readonly keyId: string | null;
  /** True if all rules are met. */
  readonly valid: boolean;
  /** All rules, each judged on its own. The first that is broken is what a verifier says. */
  readonly rules: readonly RuleVerdict[];
}

/** What inspect_token says. */
interface Answer {
  readonly header: string | null;
  readonly claims: string | null;
  readonly alg: string | null;
  readonly kid: string | null;
  readonly signingInputLength: number | null;
  readonly rules: readonly RuleVerdict[];
}

const optionNames: readonly (keyof InspectOptions)[] = [
  "keys", "jwksUrl", "jwks", "algorithms", "issuer", "anyIssuer", "audience", "anyAudience",
  "typ", "anyType", "clockTolerance", "maxLifetime", "now", "fetch", "kit",
];

/**
 * inspect shows what stands in a token, and judges it by every rule, for people to
 * look at. Whatever is wrong with the token is in the rules; only options that
 * cannot be used are errors.
 *
 * ```js
 * const { claims, rules } = await inspect(token, { jwksUrl: "https://fhir.example/.well-known/jwks.json" })
 * for (const { rule, state, diagnostics } of rules) console.log(state, rule, diagnostics)
 * ```
 */
export async function inspect(token: string | Uint8Array, options: InspectOptions = {}): Promise<Inspection> {
  const given = checkPolicy("inspect", readOptions("inspect", options, optionNames), false);
  const { keys, jwksUrl, jwks = {}, fetch = runtimeFetch, kit, now = systemClock, algorithms = known, ...rest } = given;
  const at = typeof now === "function" ? readClock(now) : seconds(now);
  const sorted = keys === undefined ? undefined : sortKeys(keys);
  const set = jwksUrl === undefined ? undefined : new JWKS(jwksUrl, jwks, fetch, () => at);
  // To the microsecond, as for verify_end: less would be written with an exponent.
  const policy = { ...rest, algorithms: [...algorithms], now: Math.round(at * 1e6) / 1e6 };
  const { bytes, tooLarge } = read(token);
  const engine = engineOf(kit ?? (await load()));
  const ring = sorted === undefined ? undefined : await Ring.read(engine, sorted.text, sorted.others);
  const first = ask(engine, policy, bytes);
  if (tooLarge !== undefined) return shown(first, "size", "broken", tooLarge);
  if (first.signingInputLength === null || (ring === undefined && set === undefined)) return shown(first);
  const verdict = await check(search(engine, ring, set, first.alg as Algorithm, first.kid), bytes, first.signingInputLength);
  if (typeof verdict === "boolean") return shown(ask(engine, { ...policy, verified: verdict }, bytes));
  return shown(first, "signature", refusals.includes(verdict.code) ? "broken" : "unknown", verdict);
}

/** What a token is refused for where no key can be asked about it. After any other error nothing is known about it. */
const refusals: readonly Code[] = ["unknown-key", "key-algorithm-mismatch"];

/** read returns the bytes of a token. Of one that is too large none is looked at, and a byte more than is read will do. */
function read(token: string | Uint8Array): { bytes: Uint8Array; tooLarge?: WsbindError } {
  try {
    return { bytes: bytesOf(token) };
  } catch (err) {
    if ((err as WsbindError).code !== "token-too-large") throw err;
    return { bytes: new Uint8Array(MAX_TOKEN + 1), tooLarge: err as WsbindError };
  }
}

function ask(engine: Engine, policy: object, bytes: Uint8Array): Answer {
  return engine.call("inspect_token", head(policy), bytes) as Answer;
}

/** check returns the verdict on a signature, or why there is none. */
async function check(key: Promise<Check>, bytes: Uint8Array, signingInputLength: number): Promise<boolean | WsbindError> {
  try {
    return (await apply(await key, bytes, signingInputLength)) === true;
  } catch (err) {
    // A library that chokes on a signature has not found it good.
    return err instanceof WsbindError && err;
  }
}

/** shown makes an inspection of an answer, in which one rule came out otherwise than the module could know. */
function shown({ header, claims, alg, kid, rules }: Answer, name?: TokenRule, state?: "broken" | "unknown", why?: WsbindError): Inspection {
  const all = rules.map((rule) => (state === undefined || why === undefined || rule.rule !== name ? rule : { rule: name, state, code: why.code, diagnostics: why.message }));
  return { header, claims, algorithm: alg, keyId: kid, valid: all.every((rule) => rule.state === "met"), rules: all };
}
