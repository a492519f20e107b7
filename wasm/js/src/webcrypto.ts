// The arithmetic: WebCrypto, and what its implementations differ in.

import { parameters, type Algorithm } from "./algorithm.js";
import { decode } from "./base64url.js";
import type { Bytes } from "./bytes.js";
import type { CryptoKey } from "./keys.js";
import { refuse } from "./options.js";
import { encode } from "./utf8.js";

/** Check says whether a signature is the key's over a signing input. It rejects where it could not find out. */
export type Check = (signature: Uint8Array, input: Uint8Array) => Promise<boolean>;

/** Sign returns the signature over a signing input, as JWS writes it. */
export type Sign = (input: Uint8Array) => Promise<Uint8Array>;

/** A JWK of which everything but the arithmetic was checked by the module. */
export type CheckedJWK = Readonly<Record<string, string>>;

/** The members that make up a key: nothing else of a JWK is shown to WebCrypto. */
const publicMembers: readonly string[] = ["kty", "crv", "x", "y", "n", "e", "k"];
const privateMembers: readonly string[] = [...publicMembers, "d", "p", "q", "dp", "dq", "qi"];

/** subtle returns WebCrypto, which browsers hide from pages that came by http. */
function subtle(): SubtleCrypto {
  const found = (globalThis as { crypto?: { subtle?: SubtleCrypto } }).crypto?.subtle;
  return found ?? refuse("there is no crypto.subtle here: serve the page by https or from localhost, or give an external signer or verifier");
}

/** checkWith returns the check by a CryptoKey that fits the algorithm. */
export function checkWith(algorithm: Algorithm, key: CryptoKey): Check {
  const crypto = subtle();
  const signatureParameters = parametersFor(algorithm, key);
  return (signature, input) => crypto.verify(signatureParameters, key, signature as Bytes, input as Bytes);
}

/** signWith returns the signing by a CryptoKey that fits the algorithm. */
export function signWith(algorithm: Algorithm, key: CryptoKey): Sign {
  const crypto = subtle();
  const signatureParameters = parametersFor(algorithm, key);
  return async (input) => new Uint8Array(await crypto.sign(signatureParameters, key, input as Bytes));
}

/** parametersFor knows workerd's former name of Ed25519. */
function parametersFor(algorithm: Algorithm, key: CryptoKey): string | EcdsaParams | RsaPssParams {
  if (key.algorithm.name === "NODE-ED25519") return key.algorithm as EcdsaParams;
  return parameters[algorithm].signature as string | EcdsaParams | RsaPssParams;
}

/**
 * importCheck returns the check by a JWK, or undefined if its numbers are no
 * key: a point off its curve, or a private half of another key.
 */
export async function importCheck(algorithm: Algorithm, jwk: CheckedJWK): Promise<Check | undefined> {
  return imported(algorithm, async () => {
    const check = checkWith(algorithm, await importKey(algorithm, jwk, publicMembers, "verify"));
    if ("d" in jwk) return (await isPair(algorithm, jwk, check)) ? check : undefined;
    // Deno sees that a point is not on its curve when it is used.
    if (jwk["kty"] === "EC") await check(new Uint8Array(algorithm === "ES256" ? 64 : 96).fill(1), new Uint8Array());
    return check;
  });
}

/** importSign returns the signing by a private or secret JWK, or undefined if its numbers are no key. */
export async function importSign(algorithm: Algorithm, jwk: CheckedJWK): Promise<Sign | undefined> {
  return imported(algorithm, async () => {
    const check = checkWith(algorithm, await importKey(algorithm, jwk, publicMembers, "verify"));
    if ("d" in jwk && !(await isPair(algorithm, jwk, check))) return undefined;
    return signWith(algorithm, await importKey(algorithm, jwk, privateMembers, "sign"));
  });
}

/** isPair signs and verifies: not every runtime looks whether d belongs to the rest. */
async function isPair(algorithm: Algorithm, jwk: CheckedJWK, check: Check): Promise<boolean> {
  if (jwk["kty"] === "RSA" && !isRSA(jwk)) return false;
  const sign = signWith(algorithm, await importKey(algorithm, jwk, privateMembers, "sign"));
  const input = new Uint8Array(32);
  return check(await sign(input), input);
}

/** isRSA sees what signing does not show, since that makes use of some of the numbers only. */
function isRSA(jwk: CheckedJWK): boolean {
  const number = (name: string): bigint => {
    let n = 0n;
    for (const byte of decode(encode(jwk[name] as string), 0)) n = (n << 8n) | BigInt(byte);
    return n;
  };
  const [n, e, d, p, q, dp, dq, qi] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(number) as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  return p > 1n && q > 1n && p * q === n && d % (p - 1n) === dp && d % (q - 1n) === dq
    && (e * dp) % (p - 1n) === 1n && (e * dq) % (q - 1n) === 1n && (qi * q) % p === 1n;
}

async function importKey(algorithm: Algorithm, jwk: CheckedJWK, members: readonly string[], usage: "sign" | "verify"): Promise<CryptoKey> {
  const material: Record<string, string> = {};
  for (const name of members) {
    const value = jwk[name];
    if (value !== undefined) material[name] = value;
  }
  return subtle().importKey("jwk", material, parameters[algorithm].key as EcKeyImportParams, false, [usage]);
}

/** imported tells a key that is none from a runtime that lacks the algorithm. */
async function imported<T>(algorithm: Algorithm, make: () => Promise<T>): Promise<T | undefined> {
  subtle();
  try {
    return await make();
  } catch (err) {
    if ((err as Error | undefined)?.name !== "NotSupportedError") return undefined;
    refuse(`the WebCrypto of this runtime has no ${algorithm}: leave it out of algorithms, or give an external signer or verifier`, err);
  }
}
