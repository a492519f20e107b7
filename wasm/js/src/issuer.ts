// Issuing: the module writes header and claims, WebCrypto or another holder of
// the key signs them, and the module puts the token together.

import { algorithms as known, type Algorithm } from "./algorithm.js";
import type { IssueClaims } from "./claims.js";
import type { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { head } from "./instance.js";
import { checkKid, cryptoSigner, externalSigner, json, jwkJSON, jwkText, type ExternalSigner, type Signer, type SigningKey } from "./keys.js";
import { engineOf, Kit } from "./kit.js";
import { load } from "./load.js";
import { checkOneOf, isText, readOptions, refuse, show } from "./options.js";
import { readJWKs } from "./ring.js";
import { encode } from "./utf8.js";

/** With what tokens are signed. */
export interface IssuerOptions {
  /** The key: a private or secret JWK, a CryptoKey, or whoever signs. */
  readonly key: SigningKey;
  /** The algorithm, where the key leaves a choice (RSA does); default is the first that fits it. */
  readonly algorithm?: Algorithm | undefined;
  /** The kid of the tokens, default the key's own. */
  readonly kid?: string | undefined;
  /** The `typ` of the tokens, default `fhir-ws-binding+jwt`. */
  readonly typ?: string | undefined;
  /** The kit whose module writes, default that of {@link load}. */
  readonly kit?: Kit | undefined;
}

/** Issues binding tokens; {@link issuer} makes one. */
export interface Issuer {
  /**
   * Signs claims and returns the token. Claims that no verifier would accept are
   * refused with `missing-claim`, `invalid-claim`, `date-out-of-range`…; where
   * the holder of the key fails, the code is `signing-failed`.
   */
  issue(claims: IssueClaims): Promise<string>;
}

/** What issue_begin yields. */
interface Begun {
  readonly handle: number;
  readonly signingInput: string;
}

/**
 * issuer makes an issuer. Options that cannot be used are refused at once, with
 * `invalid-option` or `invalid-key`; a JWK that cannot be used at every token.
 *
 * ```js
 * const tokens = issuer({ key: { algorithm: "ES256", kid: "2026-01", sign: (bytes) => service.sign(bytes) } })
 * const now = Math.floor(Date.now() / 1000)
 * const token = await tokens.issue({
 *   iss: "https://fhir.example/R4", aud: "wss://fhir.example/ws",
 *   iat: now, exp: now + 300, jti: crypto.randomUUID(), subscription: ["1"],
 * })
 * ```
 *
 * Nothing is added to the claims: times and ids are the caller's.
 */
export function issuer(options: IssuerOptions): Issuer {
  return new TokenIssuer(options);
}

class TokenIssuer implements Issuer {
  readonly #options: IssuerOptions;
  /** The text of a JWK or JWK Set, which the module is to read. */
  readonly #text: string | Uint8Array | undefined;
  #signer: Signer | undefined;
  #engine: Engine | undefined;
  #head: Uint8Array | undefined;

  constructor(options: IssuerOptions) {
    this.#options = checkIssuer(readOptions("issuer", options, ["key", "algorithm", "kid", "typ", "kit"]));
    const { key, algorithm } = this.#options;
    this.#text = jwkText(key);
    if (this.#text !== undefined) return;
    if (typeof key !== "object" || key === null) refuse(`issuer: the key is ${show(key)}: a JWK, a CryptoKey or an external signer is due`);
    this.#signer = "sign" in key ? externalSigner(key as ExternalSigner) : cryptoSigner(key);
    if (this.#signer === undefined) this.#text = jwkJSON(key, "a CryptoKey or an external signer", "privateKey");
    else checkFits(this.#signer.algorithm, algorithm);
  }

  async issue(claims: IssueClaims): Promise<string> {
    if (typeof claims !== "object" || claims === null) refuse(`the claims are ${show(claims)}, an object is due`);
    const document = json("the claims", claims);
    const engine = (this.#engine ??= engineOf(this.#options.kit ?? (await load())));
    const signer = (this.#signer ??= await readSigner(engine, this.#text as string | Uint8Array, this.#options.algorithm));
    const options = (this.#head ??= head({ alg: signer.algorithm, kid: this.#options.kid ?? signer.kid, typ: this.#options.typ }));
    const begun = engine.call("issue_begin", options, document) as Begun;
    const instance = engine.instance;
    let signature: Uint8Array;
    try {
      signature = await signer.sign(encode(begun.signingInput));
    } catch (err) {
      instance.cancel(begun.handle);
      throw err instanceof WsbindError ? err : new WsbindError("signing-failed", "the key's holder gave no signature: see cause", { cause: err });
    }
    try {
      return tokenOf(instance.issueEnd(begun.handle, signature));
    } catch (err) {
      if ((err as WsbindError).code !== "expired-handle") {
        instance.cancel(begun.handle);
        throw err;
      }
      // So many others were begun meanwhile, or the instance is gone. The same
      // claims make the same bytes, of which this is the signature.
      const again = engine.call("issue_begin", options, document) as Begun;
      return tokenOf(engine.instance.issueEnd(again.handle, signature));
    }
  }
}

function tokenOf(answer: unknown): string {
  return (answer as { token: string }).token;
}

/** readSigner takes the first key of a set that can sign. */
async function readSigner(engine: Engine, text: string | Uint8Array, algorithm: Algorithm | undefined): Promise<Signer> {
  const key = readJWKs(engine, text).keys.find((jwk) => jwk.signs);
  if (key === undefined) throw new WsbindError("invalid-key", "no key of the set can sign: give a private key");
  const chosen = algorithm ?? key.algorithm;
  return { algorithm: chosen, kid: key.kid ?? undefined, sign: await key.signer(chosen) };
}

function checkIssuer(options: IssuerOptions): IssuerOptions {
  checkOneOf("issuer: algorithm", options.algorithm, known);
  checkKid(options.kid);
  const { typ, kit } = options;
  if (typ !== undefined && !isText(typ)) refuse(`issuer: typ is ${show(typ)}, a string that is not empty is due`);
  if (kit !== undefined && !(kit instanceof Kit)) refuse(`issuer: kit is ${show(kit)}, what load() resolves to is due`);
  return options;
}

function checkFits(own: Algorithm, asked: Algorithm | undefined): void {
  if (asked !== undefined && asked !== own) {
    throw new WsbindError("key-algorithm-mismatch", `the key signs with ${own} and must not sign with ${asked}`);
  }
}
