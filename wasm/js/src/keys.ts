// Keys as callers have them: what each may be used with. JWKs are read by the
// module, by the same code as everywhere; here is what else may be a key.

import { algorithms, type Algorithm } from "./algorithm.js";
import { copy, type Bytes } from "./bytes.js";
import { WsbindError } from "./error.js";
import { bytesOf } from "./input.js";
import { isText, kindOf, refuse, show, why } from "./options.js";
import { checkWith, signWith, type Check, type Sign } from "./webcrypto.js";

/** WebCrypto's key, which has no global type of this name where the types of the DOM are not. */
export type CryptoKey = Extract<Awaited<ReturnType<typeof crypto.subtle.generateKey>>, { type: string }>;

/** A JSON Web Key (RFC 7517), already parsed. As text it is read more strictly: duplicate members are then seen. */
export interface JWK {
  /** `EC`, `OKP`, `RSA` or `oct`. */
  readonly kty: string;
  /** What tokens call it. */
  readonly kid?: string | undefined;
  /** The one algorithm it may be used with. */
  readonly alg?: string | undefined;
  /** The numbers that make up the key, and whatever else it says of itself. */
  readonly [member: string]: unknown;
}

/** A JWK as WebCrypto and other libraries type what they export. A `kty` is due all the same. */
export interface ExportedJWK {
  /** `EC`, `OKP`, `RSA` or `oct`. */
  readonly kty?: string | undefined;
  /** What tokens call it. */
  readonly kid?: string | undefined;
  /** The one algorithm it may be used with. */
  readonly alg?: string | undefined;
}

/** A JWK Set (RFC 7517). JWKs in it that cannot be used do not spoil the others. */
export interface JWKSet {
  /** The keys. */
  readonly keys: readonly (JWK | ExportedJWK)[];
}

/** A CryptoKey, extractable or not, and what tokens call it. */
export interface NamedCryptoKey {
  /** The key. The algorithm is its own. */
  readonly key: CryptoKey;
  /** Its kid. */
  readonly kid?: string | undefined;
}

/** Whoever computes signatures: a key service, a hardware token. */
export interface ExternalSigner {
  /** What it signs with. */
  readonly algorithm: Algorithm;
  /** What tokens call its key. */
  readonly kid?: string | undefined;
  /**
   * Signs the bytes with the hash of the algorithm, and returns the signature as
   * JWS writes it: ECDSA as r‖s, never DER.
   */
  sign(input: Bytes): Promise<Uint8Array | ArrayBuffer> | Uint8Array | ArrayBuffer;
}

/** Whoever checks signatures where WebCrypto does not: a key service, another library. */
export interface ExternalVerifier {
  /** What it verifies. */
  readonly algorithm: Algorithm;
  /** What tokens call its key; without one it is asked about every token of its algorithm. */
  readonly kid?: string | undefined;
  /** Says whether the signature (ECDSA as r‖s) is the key's over the bytes. It throws where it cannot tell. */
  verify(input: Bytes, signature: Bytes): Promise<boolean> | boolean;
}

/** One key that verifies. A CryptoKey without a kid is tried for every token of its algorithm. */
export type VerificationKey = JWK | ExportedJWK | CryptoKey | NamedCryptoKey | ExternalVerifier;

/** Keys that verify: one, several, a JWK Set, or the text of a JWK or JWK Set. */
export type VerificationKeys = VerificationKey | readonly VerificationKey[] | JWKSet | string | Uint8Array;

/** The key that signs: of a JWK Set, the first that can. */
export type SigningKey = JWK | ExportedJWK | JWKSet | CryptoKey | NamedCryptoKey | ExternalSigner | string | Uint8Array;

/** A key of a ring. */
export interface RingKey {
  /** What tokens call it; null if nothing, and undefined if it is not to be asked. */
  readonly kid: string | null | undefined;
  /** What it may verify. */
  readonly algorithms: readonly string[];
  /** Why it cannot be used. */
  readonly unusable?: string | undefined;
  /** Returns the check by an algorithm, if it is at hand. */
  check(algorithm: string): Check | undefined;
  /** Makes the check be at hand, or the key unusable. */
  prepare(algorithm: Algorithm): Promise<void>;
}

/** What signs, and how its tokens are headed. */
export interface Signer {
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  readonly sign: Sign;
}

/** Keys sorted into the text of JWKs, which the module reads, and the rest. */
export interface SortedKeys {
  readonly text: string | Uint8Array | undefined;
  readonly others: readonly RingKey[];
}

/** sortKeys takes what was given as keys apart; JWKs are copied, so that none changes later. */
export function sortKeys(keys: VerificationKeys): SortedKeys {
  const text = jwkText(keys);
  if (text !== undefined) return { text, others: [] };
  const list: readonly unknown[] = Array.isArray(keys) ? keys : [keys];
  const jwks: unknown[] = [];
  const others: RingKey[] = [];
  for (const key of list) {
    const other = ringKey(key);
    if (other) others.push(other);
    else jwks.push(checkJWK(key as object, "a CryptoKey or an external verifier", "publicKey"));
  }
  if (!Array.isArray(keys)) return { text: others.length > 0 ? undefined : json("the key", keys), others };
  return { text: jwks.length > 0 || others.length === 0 ? json("a key", { keys: jwks }) : undefined, others };
}

/** jwkText returns the text of JWKs that is given as such, and undefined for anything else. */
export function jwkText(keys: unknown): string | Uint8Array | undefined {
  if (typeof keys === "string") return keys.trimStart().startsWith("-----BEGIN") ? invalid("the key is PEM, and a JWK is due: convert it, or have crypto.subtle.importKey make a CryptoKey of it") : keys;
  if (ArrayBuffer.isView(keys)) return copy(keys);
  return undefined;
}

/** jwkJSON writes a JWK or a JWK Set that was given as an object. */
export function jwkJSON(key: object, others: string, half: string): string {
  return json("the key", checkJWK(key, others, half));
}

/** checkJWK refuses at once what other libraries call a key. The module says what is wrong with a JWK. */
function checkJWK(key: object, others: string, half: string): object {
  if (half in key) refuse(`the key is a pair of keys: give its ${half}`);
  if (show(key) !== "[object Object]") refuse(`the key is ${show(key)}: a JWK, ${others} is due; KeyObjects and others can be exported as JWK`);
  return key;
}

/** json writes an object that its caller made, who may have made it so that it cannot be written. */
export function json(what: string, value: unknown): string {
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch (err) {
    refuse(`${what} cannot be written as JSON: ${why(err)}`, err);
  }
  return refuse(`${what} cannot be written as JSON: there is nothing to write`);
}

/** ringKey makes a key of a ring out of one that is no JWK, for which it returns undefined. */
function ringKey(key: unknown): RingKey | undefined {
  if (typeof key !== "object" || key === null) refuse(`a key is ${kindOf(key)}: a JWK, a CryptoKey or an external verifier is due`);
  if ("verify" in key) return externalKey(key as ExternalVerifier);
  const named = namedKey(key);
  if (named === undefined) return undefined;
  const algorithm = algorithmOf(named.key, "verify");
  return fixedKey(named.kid, algorithm, checkWith(algorithm, named.key));
}

function externalKey(verifier: ExternalVerifier): RingKey {
  checkExternal(verifier, "verify");
  return fixedKey(verifier.kid, verifier.algorithm, async (signature, input) => {
    try {
      // Copies: what they are views of is nobody else's concern.
      return (await verifier.verify(copy(input), copy(signature))) === true;
    } catch (err) {
      throw new WsbindError("keys-unavailable", "the external verifier could not tell: see cause", { cause: err });
    }
  });
}

function fixedKey(kid: string | undefined, algorithm: Algorithm, check: Check): RingKey {
  return { kid, algorithms: [algorithm], check: (asked) => (asked === algorithm ? check : undefined), prepare: async () => {} };
}

/** externalSigner makes a signer out of an external one, and checks what it answers. */
export function externalSigner(signer: ExternalSigner): Signer {
  checkExternal(signer, "sign");
  return {
    algorithm: signer.algorithm,
    kid: signer.kid,
    sign: async (input) => {
      const answer: unknown = await signer.sign(input as Bytes);
      return bytesOf(answer) ?? fail(`the external signer answered ${kindOf(answer)}: a Uint8Array is due`);
    },
  };
}

function fail(message: string): never {
  throw new WsbindError("signing-failed", message);
}

/** cryptoSigner makes a signer out of a CryptoKey, and returns undefined for what is none. */
export function cryptoSigner(key: object): Signer | undefined {
  const named = namedKey(key);
  if (named === undefined) return undefined;
  const algorithm = algorithmOf(named.key, "sign");
  return { algorithm, kid: named.kid, sign: signWith(algorithm, named.key) };
}

function checkExternal(external: ExternalSigner | ExternalVerifier, method: string): void {
  const { algorithm, kid } = external;
  if (typeof (external as unknown as Record<string, unknown>)[method] !== "function") refuse(`${method} of an external key is no function`);
  if (!algorithms.includes(algorithm)) refuse(`the algorithm of an external key is ${show(algorithm)}, one of ${algorithms.join(", ")} is due`);
  checkKid(kid);
}

/** checkKid refuses a kid that no token could have. */
export function checkKid(kid: unknown): void {
  if (kid !== undefined && !isText(kid)) refuse(`kid is ${show(kid)}, a string that is not empty is due`);
}

function namedKey(key: object): NamedCryptoKey | undefined {
  if (isCryptoKey(key)) return { key };
  if (!("key" in key) || !isCryptoKey(key.key)) return undefined;
  checkKid((key as NamedCryptoKey).kid);
  return key as NamedCryptoKey;
}

/** isCryptoKey goes by shape: keys come from other realms, and workerd's look like plain objects. */
function isCryptoKey(key: unknown): key is CryptoKey {
  const { algorithm, usages, extractable } = (key ?? {}) as Partial<CryptoKey>;
  return typeof algorithm === "object" && Array.isArray(usages) && typeof extractable === "boolean";
}

/** algorithmOf binds a CryptoKey to the one algorithm that its own algorithm and usages allow. */
function algorithmOf(key: CryptoKey, usage: "sign" | "verify"): Algorithm {
  if (!key.usages.includes(usage)) {
    invalid(`the CryptoKey is ${key.type} and may ${key.usages.join(", ") || "do nothing"}: one that may ${usage} is due`);
  }
  const own = key.algorithm as Partial<EcKeyAlgorithm & RsaHashedKeyAlgorithm & HmacKeyAlgorithm>;
  const name = own.name ?? "";
  const detail = own.namedCurve ?? own.hash?.name;
  switch (detail === undefined ? name : `${name} ${detail}`) {
    case "ECDSA P-256":
      return "ES256";
    case "ECDSA P-384":
      return "ES384";
    case "Ed25519":
    case "NODE-ED25519 NODE-ED25519":
      return "EdDSA";
    case "RSASSA-PKCS1-v1_5 SHA-256":
      return checkRSA(own, "RS256");
    case "RSASSA-PKCS1-v1_5 SHA-384":
      return checkRSA(own, "RS384");
    case "RSA-PSS SHA-256":
      return checkRSA(own, "PS256");
    case "HMAC SHA-256":
      if ((own.length ?? 0) < 256) invalid(`the secret has ${own.length} bits, at least 256 are due (RFC 7518 section 3.2)`);
      return "HS256";
  }
  return invalid(`the CryptoKey is for ${name}${detail === undefined ? "" : ` with ${detail}`}, which fits none of ${algorithms.join(", ")}`);
}

function checkRSA(own: Partial<RsaHashedKeyAlgorithm>, algorithm: Algorithm): Algorithm {
  const { modulusLength = 0, publicExponent = [] } = own;
  if (modulusLength < 2048 || modulusLength > 4096) invalid(`the RSA key has ${modulusLength} bits, 2048 to 4096 are due`);
  let exponent = 0;
  for (const byte of publicExponent) exponent = exponent * 256 + byte;
  if (![3, 17, 65537].includes(exponent)) invalid("the RSA key's exponent is none of 3, 17 and 65537");
  return algorithm;
}

function invalid(message: string): never {
  throw new WsbindError("invalid-key", message);
}
