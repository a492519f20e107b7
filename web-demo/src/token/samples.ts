// Tokens to try the inspector with, made in the page: a good one, and what
// attackers and accidents make of it. The keys are forgotten with the page.

import { issuer, type IssueClaims, type JWKSet, type Kit } from "wsbind";
import { fromBase64url, toBase64url } from "../base64url.ts";

/** A token, and what it is to be held against. */
export interface Sample {
  readonly token: string;
  readonly keys: JWKSet;
  readonly issuer: string;
  readonly audience: string;
}

/** The samples, by what is the matter with them. */
export const samples = [
  { name: "good", text: "A good token" },
  { name: "tampered", text: "Somebody changed a claim" },
  { name: "expired", text: "It expired an hour ago" },
  { name: "audience", text: "It is for another websocket" },
  { name: "stranger", text: "Signed by a stranger" },
  { name: "none", text: "Its algorithm is none" },
  { name: "access", text: "An access token" },
] as const;

/** The name of a sample. */
export type SampleName = (typeof samples)[number]["name"];

const base = "https://fhir.example/R4";
const socket = "wss://fhir.example/ws";
const minute = 60;

/** Makes a sample. It needs a secure context, as WebCrypto does. */
export async function makeSample(name: SampleName, now: number, kit: Kit): Promise<Sample> {
  const pair = await newKey();
  const stranger = name === "stranger" ? await newKey() : pair;
  const kid = "sample-1";
  const token = await issuer({ key: { key: stranger.privateKey, kid }, kit, ...(name === "access" && { typ: "at+jwt" }) }).issue(claims(name, now));
  const jwk = { ...(await crypto.subtle.exportKey("jwk", pair.publicKey)), kid, alg: "ES256", use: "sig" };
  return { token: spoil(name, token), keys: { keys: [jwk] } as JWKSet, issuer: base, audience: socket };
}

function newKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
}

function claims(name: SampleName, now: number): IssueClaims {
  const issued = Math.floor(now / 1000) - (name === "expired" ? 65 : 1) * minute;
  return {
    iss: base, sub: "practitioner-17", aud: name === "audience" ? "wss://elsewhere.example/ws" : socket,
    iat: issued, exp: issued + 5 * minute, jti: crypto.randomUUID(), subscription: ["encounters", "lab-results"], fhir: "R4",
  };
}

/** Does to a token what its issuer never would. */
function spoil(name: SampleName, token: string): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  if (name === "tampered") return [header, edited(payload, { sub: "somebody-else" }), signature].join(".");
  if (name === "none") return [edited(header, { alg: "none" }), payload, ""].join(".");
  return token;
}

function edited(part: string, changes: object): string {
  const object = JSON.parse(new TextDecoder().decode(fromBase64url(part))) as object;
  return toBase64url(new TextEncoder().encode(JSON.stringify({ ...object, ...changes })));
}
