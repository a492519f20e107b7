// A program that verifies and issues, as the compiler sees it.

import { inspect, issuer, load, verifier, type Algorithm, type Claims, type CryptoKey, type JWKSet, type Verifier } from "wsbind";
import { exportJWK, type JSONWebKeySet } from "jose";

const policy = { algorithms: ["ES256"] as const, issuer: "https://fhir.example/R4", audience: "wss://fhir.example/ws" };
const { publicKey, privateKey } = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])) as { publicKey: CryptoKey; privateKey: CryptoKey };
const set: JWKSet = { keys: [{ kty: "EC", crv: "P-256", x: "", y: "", kid: "1", key_ops: ["verify"] }] };

const verifiers: Verifier[] = [
  verifier({ ...policy, keys: set }),
  verifier({ ...policy, keys: JSON.stringify(set) }),
  verifier({ ...policy, keys: [publicKey, { key: publicKey, kid: "1" }, { algorithm: "ES256", verify: async () => true }] }),
  verifier({ ...policy, jwksUrl: new URL("https://fhir.example/jwks"), jwks: { maxAge: 60, headers: { a: "b" } }, fetch, now: () => new Date() }),
  verifier({ algorithms: ["EdDSA"], anyIssuer: true, anyAudience: true, anyType: true, keys: new Uint8Array(), kit: await load() }),
];
for (const tokens of verifiers) {
  const claims: Claims = await tokens.verify("a.b.c", { now: 1767355200 });
  const first: string | undefined = claims.subscription[0];
  const release: "R4" | "R4B" | "R5" | undefined = claims.fhir;
  const other: unknown = claims["scope"];
  const payload: Uint8Array = await tokens.verifyRaw(new Uint8Array());
  void [first, release, other, payload];
}

const { claims: text, rules, valid } = await inspect("a.b.c", { keys: set, now: new Date(), algorithms: ["ES256"] });
const unverified: string | null = text;
const reasons: (string | null)[] = rules.filter(({ state, rule }) => state !== "met" && rule !== "type").map(({ code }) => code);
void [unverified, reasons, valid, inspect(new Uint8Array(), { jwksUrl: "https://fhir.example/jwks", jwks: { timeout: 1 }, now: () => 0 })];

// What WebCrypto and npm jose export, and what they sign.
const exported = await crypto.subtle.exportKey("jwk", publicKey);
const joses: JSONWebKeySet = { keys: [await exportJWK(publicKey)] };
for (const keys of [exported, [exported], joses, joses.keys[0]!]) verifier({ ...policy, keys });
issuer({ key: exported });
issuer({ key: joses.keys[0]! });
issuer({ key: { algorithm: "ES256", sign: (input) => crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, input) } });

const algorithm: Algorithm = "PS256";
const service = { algorithm, kid: "1", sign: async (input: Uint8Array): Promise<Uint8Array> => input };
const token: string = await issuer({ key: service }).issue({ iss: "i", aud: ["a"], exp: 1, subscription: ["1"], jti: undefined });
issuer({ key: privateKey, algorithm: "ES256", kid: "1", typ: "x" });
void token;

// @ts-expect-error: algorithms must be given
verifier({ issuer: "i", audience: "a", keys: set });
// @ts-expect-error: there is no such algorithm
verifier({ ...policy, algorithms: ["ES512"], keys: set });
// @ts-expect-error: that is no key
verifier({ ...policy, keys: { algorithm: "ES512", verify: () => true } });
// @ts-expect-error: there is no such option
verifier({ ...policy, keys: set, leeway: 1 });
// @ts-expect-error: a token to be issued has no other claims
void issuer({ key: service }).issue({ iss: "i", aud: "a", exp: 1, subscription: ["1"], scope: "x" });
// @ts-expect-error: a token covers something
void issuer({ key: service }).issue({ iss: "i", aud: "a", exp: 1 });
// @ts-expect-error: claims are not to be changed
(await verifiers[0]!.verify("a.b.c")).iss = "x";
