// Inspecting: every rule, whatever the token, and the same words as the verifier.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect, verifier } from "wsbind";
import { claims, makeKey, noon, policy, rejected, signed } from "./tokens/support.mjs";

const key = await makeKey("ES256");
const base = { keys: key.publicJWK, ...policy };
const token = await signed(key);
const [header, payload, signature] = token.split(".");
const encoded = (text) => Buffer.from(text).toString("base64url");
const names = ["size", "form", "header", "algorithm", "embedded-key", "extensions", "key-id", "type", "payload", "signature-form",
  "signature", "claims", "issuer", "audience", "not-before", "issued-at", "expiration", "lifetime"];

/** look inspects, and returns the inspection with its rules by name. */
async function look(token, options = base) {
  const inspection = await inspect(token, options);
  assert.deepEqual(inspection.rules.map(({ rule }) => rule), names);
  assert.equal(inspection.valid, inspection.rules.every(({ state }) => state === "met"));
  for (const { diagnostics } of inspection.rules) {
    assert.notEqual(diagnostics, "");
    if (token.length > 20) assert.ok(!diagnostics.includes(token.slice(-20)) && !diagnostics.includes(token.slice(0, 20)));
  }
  return { ...inspection, rule: Object.fromEntries(inspection.rules.map((rule) => [rule.rule, rule])) };
}

const broken = ({ rules }) => rules.filter(({ state }) => state === "broken").map(({ rule, code }) => `${rule}: ${code}`);
const unknown = ({ rules }) => rules.filter(({ state }) => state === "unknown").map(({ rule }) => rule);

test("a good token", async () => {
  const seen = await look(token);
  assert.equal(seen.valid, true);
  assert.deepEqual(JSON.parse(seen.header), { alg: "ES256", kid: key.jwk.kid, typ: "fhir-ws-binding+jwt" });
  assert.deepEqual(JSON.parse(seen.claims), claims);
  assert.deepEqual([seen.algorithm, seen.keyId], ["ES256", key.jwk.kid]);
  assert.match(seen.rule.audience.diagnostics, /^claim aud is "wss:\/\/fhir\.example\/ws", /);
  assert.deepEqual(await inspect(Buffer.from(token), { ...base, now: new Date((noon + 1) * 1000) }), await inspect(token, base));
});

const other = await makeKey("ES256", "another");
const bad = {
  "a payload that was changed": [`${header}.${encoded(JSON.stringify({ ...claims, sub: "admin" }))}.${signature}`, ["signature: bad-signature"]],
  "a key that is not known": [await signed(other), ["signature: unknown-key"]],
  "a key of the same name": [await signed({ ...other, jwk: key.jwk }), ["signature: bad-signature"]],
  "a key for another algorithm": [await signed(await makeKey("EdDSA", key.jwk.kid)), ["signature: key-algorithm-mismatch"]],
  "alg none": [`${encoded('{"alg":"none","typ":"fhir-ws-binding+jwt"}')}.${payload}.`, ["algorithm: algorithm-not-allowed", "signature-form: malformed-token"]],
  "expired": [await signed(key, { exp: noon - 1, iat: noon - 9, nbf: noon - 9 }), ["expiration: expired-token"]],
  "not valid yet, for somebody else": [await signed(key, { nbf: noon + 60, aud: "wss://other" }), ["audience: wrong-audience", "not-before: not-yet-valid"]],
  "another issuer, too long": [await signed(key, { iss: "x", exp: noon + 90000 }), ["issuer: wrong-issuer", "lifetime: lifetime-too-long"]],
  "a duplicate member": [`${header}.${encoded('{"iss":"a","iss":"b"}')}.${signature}`, ["signature: bad-signature", "claims: duplicate-member"]],
  "a duplicate member of the header": [`${encoded('{"alg":"ES256","alg":"ES256"}')}.${payload}.${signature}`, ["header: duplicate-member"]],
  "a key of its own": [await signed(key, { header: { jku: "https://evil.example" } }), ["embedded-key: embedded-key"]],
  "no base64url": [`${header}.${payload}=.${signature}`, ["payload: non-canonical-base64url"]],
  "half a signature": [`${header}.${payload}.AAAA`, ["signature-form: signature-format"]],
  "a line break": [`${token}\n`, ["form: white-space-in-token", "signature-form: non-canonical-base64url"]],
  "JSON": ['{"payload":"a.b.c"}', ["form: json-serialization"]],
  "nothing": ["", ["form: malformed-token"]],
  "half a character": ["\ud800.a.b", ["header: non-canonical-base64url", "payload: non-canonical-base64url", "signature-form: non-canonical-base64url"]],
  "a megabyte": ["x".repeat(1 << 20), ["size: token-too-large"]],
};

for (const [name, [token, expected]] of Object.entries(bad)) {
  test(`${name} is told, in the verifier's words`, async () => {
    const seen = await look(token);
    assert.deepEqual(broken(seen), expected);
    const refused = await rejected(expected[0].split(": ")[1], verifier({ ...base, algorithms: ["ES256", "ES384", "EdDSA", "RS256", "RS384", "PS256", "HS256"] }).verify(token));
    assert.equal(seen.rules.find(({ state }) => state === "broken").diagnostics, refused.message);
  });
}

test("what cannot be decoded is not shown", async () => {
  for (const nothing of ["", "a.b.c", "x".repeat(1 << 20)]) {
    const { header, claims, algorithm, keyId } = await look(nothing);
    assert.deepEqual([header, claims, algorithm, keyId], [null, null, null, null]);
  }
  const { header, claims, rule } = await look(`${encoded("hello")}.${encoded(Buffer.from([0xff]))}.${signature}`);
  assert.deepEqual([header, claims, rule.header.code, rule.claims.code], ["hello", null, "malformed-token", "malformed-token"]);
});

test("what nothing was given for is unknown", async () => {
  const seen = await look(token, { now: noon + 1 });
  assert.deepEqual([broken(seen), unknown(seen), seen.valid], [[], ["signature", "issuer", "audience"], false]);
  for (const rule of ["issuer", "audience"]) assert.match(seen.rule[rule].diagnostics, /nothing was given to compare/);
  const any = await look(token, { ...base, issuer: undefined, audience: undefined, anyIssuer: true, anyAudience: true, algorithms: ["ES256"] });
  assert.equal(any.valid, true);
  assert.deepEqual(broken(await look(token)), []);
  assert.deepEqual(unknown(await look(token, { ...base, algorithms: ["EdDSA"] })), ["signature"]);
});

test("the signature is checked whatever the claims are", async () => {
  const seen = await look(await signed(key, { aud: "wss://other", exp: noon - 1, typ: 1 }));
  assert.deepEqual([seen.rule.signature.state, seen.rule.audience.state, seen.rule.expiration.state], ["met", "broken", "broken"]);
});

test("keys at a URL, and keys that cannot be had", async () => {
  const options = { ...base, keys: undefined, jwksUrl: "https://fhir.example/jwks" };
  const answering = (answer) => ({ ...options, fetch: async () => answer() });
  assert.equal((await look(token, answering(() => Response.json({ keys: [key.publicJWK] })))).valid, true);
  assert.equal((await look(token, answering(() => Response.json({ keys: [] })))).rule.signature.code, "unknown-key");
  for (const answer of [() => new Response("", { status: 404 }), () => { throw new TypeError("no network"); }, () => new Response("no JSON")]) {
    const { rule, valid } = await look(token, answering(answer));
    assert.deepEqual([rule.signature.state, rule.signature.code, valid], ["unknown", "keys-unavailable", false]);
  }
  let fetched = 0;
  await look("a.b.c", answering(() => (fetched++, Response.json({ keys: [] }))));
  assert.equal(fetched, 0);
});

test("an external verifier that cannot tell, or chokes", async () => {
  const external = (verify) => ({ ...base, keys: { algorithm: "ES256", verify } });
  assert.equal((await look(token, external(() => true))).valid, true);
  assert.equal((await look(token, external(() => false))).rule.signature.code, "bad-signature");
  const { signature } = (await look(token, external(() => { throw new Error("down"); }))).rule;
  assert.deepEqual([signature.state, signature.code], ["unknown", "keys-unavailable"]);
});

test("options that cannot be used are refused", async () => {
  for (const wrong of [
    { audiance: "x" }, { now: "noon" }, { now: -1 }, { algorithms: [] }, { algorithms: "ES256" }, { issuer: "" }, { audience: 7 }, { jwks: {} },
    { issuer: "x", anyIssuer: true }, { jwksUrl: "https://a.example", keys: key.publicJWK }, { jwksUrl: "http://a.example" }, { maxLifetime: 0 },
    { clockTolerance: -1 }, { fetch: 7 }, { kit: {} }, { now: () => { throw new Error("stopped"); } },
  ]) await rejected("invalid-option", inspect(token, wrong));
  await rejected("invalid-key", inspect(token, { keys: "{}" }));
  await rejected("malformed-token", inspect(7));
  assert.equal((await look(token, { ...base, now: 0.0000001, clockTolerance: 0.0000001 })).rule["issued-at"].code, "not-yet-valid");
});
