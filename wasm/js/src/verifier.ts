// Verifying: the module judges form and header, WebCrypto or another holder of
// the key the signature, and the module again the claims.

import type { Algorithm } from "./algorithm.js";
import type { Bytes } from "./bytes.js";
import type { Claims } from "./claims.js";
import type { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { head, type Instance } from "./instance.js";
import { readClock, seconds, systemClock, type Clock, type Instant } from "./instant.js";
import { JWKS, search, type Fetch, type JWKSOptions } from "./jwks.js";
import { sortKeys, type SortedKeys, type VerificationKeys } from "./keys.js";
import { engineOf, type Kit } from "./kit.js";
import { load } from "./load.js";
import { readOptions } from "./options.js";
import { apply, bytesOf, checkPolicy, runtimeFetch } from "./policy.js";
import { Ring } from "./ring.js";
import { encode } from "./utf8.js";

/** Which tokens are accepted, and with which keys they are verified. Times are in seconds. */
export interface VerifierOptions {
  /** The keys. Either these or `jwksUrl` must be given. */
  readonly keys?: VerificationKeys | undefined;
  /** Where the issuer publishes its JWK Set: https, or loopback. It is fetched at the first token and kept. */
  readonly jwksUrl?: string | URL | undefined;
  /** How the set at `jwksUrl` is fetched and kept. */
  readonly jwks?: JWKSOptions | undefined;
  /** The algorithms that are accepted; there is no default, least of all what a token says. */
  readonly algorithms: readonly Algorithm[];
  /** The `iss` that is due, the FHIR base, compared character by character. Required unless `anyIssuer` is true. */
  readonly issuer?: string | undefined;
  /** True accepts every issuer: a token of another server that shares a key is then accepted, too. */
  readonly anyIssuer?: boolean | undefined;
  /** The `aud` that is due, the websocket-url, or one of several. Required unless `anyAudience` is true. */
  readonly audience?: string | undefined;
  /** True accepts every audience: a token for another websocket is then accepted, too. */
  readonly anyAudience?: boolean | undefined;
  /** The `typ` that is due, default `fhir-ws-binding+jwt`. */
  readonly typ?: string | undefined;
  /** True accepts any `typ` or none: an access token that happens to have the claims is then accepted, too. */
  readonly anyType?: boolean | undefined;
  /** How far clocks may differ, default 0; a minute is plenty. */
  readonly clockTolerance?: number | undefined;
  /** How long a token may live, default 86,400. */
  readonly maxLifetime?: number | undefined;
  /** The clock, default the runtime's. */
  readonly now?: Clock | undefined;
  /** What fetches `jwksUrl`, default the runtime's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** The kit whose module judges, default that of {@link load}. */
  readonly kit?: Kit | undefined;
}

/** What may differ from token to token. */
export interface VerifyOptions {
  /** The time of the check, default the verifier's clock. */
  readonly now?: Instant | undefined;
}

/** Verifies binding tokens; {@link verifier} makes one. */
export interface Verifier {
  /**
   * Verifies a token and returns its claims. It throws a `WsbindError` that says
   * why a token is refused: `expired-token`, `bad-signature`, `wrong-audience`…
   * With `keys-unavailable` nothing was said about the token.
   */
  verify(token: string | Uint8Array, options?: VerifyOptions): Promise<Claims>;
  /** Verifies header and signature of a JWS of any kind, and returns its payload, about which nothing else is checked. */
  verifyRaw(token: string | Uint8Array, options?: VerifyOptions): Promise<Bytes>;
}

/** What verify_begin says of a token. */
interface Begun {
  readonly handle: number;
  readonly alg: Algorithm;
  readonly kid: string | null;
  readonly signingInputLength: number;
}

const optionNames: readonly (keyof VerifierOptions)[] = [
  "keys", "jwksUrl", "jwks", "algorithms", "issuer", "anyIssuer", "audience", "anyAudience",
  "typ", "anyType", "clockTolerance", "maxLifetime", "now", "fetch", "kit",
];

/**
 * verifier makes a verifier. Options that cannot be used are refused at once,
 * with `invalid-option` or `invalid-key`; a JWK Set that cannot be read is
 * refused at every token.
 *
 * ```js
 * const tokens = verifier({
 *   jwksUrl: "https://fhir.example/.well-known/jwks.json",
 *   algorithms: ["ES256"],
 *   issuer: "https://fhir.example/R4",
 *   audience: "wss://fhir.example/ws",
 * })
 * const { subscription } = await tokens.verify(token)
 * ```
 */
export function verifier(options: VerifierOptions): Verifier {
  return new TokenVerifier(options);
}

class TokenVerifier implements Verifier {
  readonly #kit: Kit | undefined;
  readonly #clock: Clock;
  readonly #keys: SortedKeys | undefined;
  readonly #jwks: JWKS | undefined;
  /** The options of verify_begin, for tokens and for JWS of other kinds. */
  readonly #policy: Uint8Array;
  readonly #rawPolicy: Uint8Array;
  #engine: Engine | undefined;
  /** The keys that were given, once they are read. */
  #ring: Ring | undefined;

  constructor(options: VerifierOptions) {
    const { keys, jwksUrl, jwks = {}, fetch = runtimeFetch, kit, now = systemClock, ...policy } = checkPolicy("verifier", readOptions("verifier", options, optionNames), true);
    this.#kit = kit;
    this.#clock = now;
    if (keys !== undefined) this.#keys = sortKeys(keys);
    if (jwksUrl !== undefined) this.#jwks = new JWKS(jwksUrl, jwks, fetch, now);
    this.#policy = head(policy);
    this.#rawPolicy = head({ ...policy, raw: true });
  }

  verify(token: string | Uint8Array, options?: VerifyOptions): Promise<Claims> {
    return this.#verify(token, options, this.#policy, claimsOf);
  }

  verifyRaw(token: string | Uint8Array, options?: VerifyOptions): Promise<Bytes> {
    return this.#verify(token, options, this.#rawPolicy, payloadOf);
  }

  #verify<T>(token: string | Uint8Array, options: VerifyOptions | undefined, policy: Uint8Array, take: (answer: unknown) => T): Promise<T> {
    try {
      const now = given(options);
      const bytes = bytesOf(token);
      const engine = this.#engine;
      if (engine !== undefined) return this.#judge(engine, bytes, now, policy, take);
      return this.#prepare().then((prepared) => this.#judge(prepared, bytes, now, policy, take));
    } catch (err) {
      return Promise.reject(err);
    }
  }

  /** No promise but that of the signature is waited for where the key is at hand: that is what a token costs. */
  #judge<T>(engine: Engine, bytes: Uint8Array, now: number | undefined, policy: Uint8Array, take: (answer: unknown) => T): Promise<T> {
    const ring = this.#ring ?? this.#jwks?.fresh;
    const begun = engine.call("verify_begin", policy, bytes) as Begun;
    const instance = engine.instance;
    const abandon = (err: unknown): never => {
      instance.cancel(begun.handle);
      throw err;
    };
    const end = (verified: boolean): T => {
      let at = now;
      try {
        at ??= readClock(this.#clock);
      } catch (err) {
        return abandon(err);
      }
      return take(this.#end(engine, instance, begun, policy, bytes, verified === true, at));
    };
    // A library that chokes on a signature has not found it good.
    const failed = (err: unknown): T => (err instanceof WsbindError ? abandon(err) : end(false));
    const check = ring?.find(begun.alg, begun.kid);
    if (check !== undefined) return apply(check, bytes, begun.signingInputLength).then(end, failed);
    return search(engine, this.#ring, this.#jwks, begun.alg, begun.kid).then((found) => apply(found, bytes, begun.signingInputLength).then(end, failed), abandon);
  }

  #end(engine: Engine, instance: Instance, begun: Begun, policy: Uint8Array, bytes: Uint8Array, verified: boolean, now: number): unknown {
    try {
      return instance.verifyEnd(begun.handle, verified, now);
    } catch (err) {
      if ((err as WsbindError).code !== "expired-handle") throw err;
      // So many others were begun meanwhile, or the instance is gone. The
      // verdict is on these bytes, of which a new begin makes the same.
      const again = engine.call("verify_begin", policy, bytes) as Begun;
      return engine.instance.verifyEnd(again.handle, verified, now);
    }
  }

  /** prepare loads the kit and reads the keys. Each caller does it until one is done: no request waits for another's promise. */
  async #prepare(): Promise<Engine> {
    const engine = engineOf(this.#kit ?? (await load()));
    if (this.#keys !== undefined) this.#ring ??= await Ring.read(engine, this.#keys.text, this.#keys.others);
    return (this.#engine = engine);
  }
}

/** given returns the time that a caller gave, in seconds. */
function given(options: VerifyOptions | undefined): number | undefined {
  if (options === undefined) return undefined;
  const { now } = readOptions("verify", options, ["now"]);
  return now === undefined ? undefined : seconds(now);
}

function claimsOf(answer: unknown): Claims {
  return (answer as { claims: Claims }).claims;
}

function payloadOf(answer: unknown): Bytes {
  const { payload, payloadBase64 } = answer as { payload?: string; payloadBase64?: string };
  if (payload !== undefined) return encode(payload) as Bytes;
  return Uint8Array.from(atob(payloadBase64 as string), (character) => character.charCodeAt(0));
}
