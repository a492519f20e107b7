// Keys: bound to their algorithms, read strictly, and told of in the words of
// the Go core.

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { test } from "node:test";
import { SignJWT } from "jose";
import { issuer, verifier } from "wsbind";
import { claims, makeKey, nativeVerdicts, noon, policy, rejected, signed, thrown } from "./tokens/support.mjs";

const [es256, es384, eddsa, rs256, hs256] = await Promise.all(["ES256", "ES384", "EdDSA", "RS256", "HS256"].map((algorithm) => makeKey(algorithm)));
const known = ["ES256", "ES384", "EdDSA", "RS256", "RS384", "PS256", "HS256"];
const check = (keys, token, algorithms = known) => verifier({ ...policy, keys, algorithms }).verify(token);

/** alike holds the verdict on a token against that of the Go core, word for word. */
async function alike(keys, token) {
  const [native] = nativeVerdicts([{ id: 1, token, keys, now: noon + 1, issuer: claims.iss, audience: claims.aud }]);
  const own = await check(keys, token).then((claims) => ({ id: 1, ok: true, claims }), ({ code, message }) => ({ id: 1, ok: false, code, diagnostics: message }));
  assert.deepEqual(own, native);
  return own.code;
}

test("keys as text are read strictly, as an object as far as they can be", async () => {
  const token = await signed(es256);
  const twice = `{"keys":[],"keys":[${JSON.stringify(es256.publicJWK)}]}`;
  assert.equal(await alike(twice, token), "invalid-key");
  await rejected("invalid-key", check(new TextEncoder().encode(twice), token));
  assert.deepEqual(await check(JSON.parse(twice), token), claims);
  assert.deepEqual(await check(new TextEncoder().encode(JSON.stringify(es256.publicJWK)), token), claims);
  for (const text of ["", "{}", "[]", "null", '{"keys":{}}', '{"keys":null}', `${JSON.stringify(es256.publicJWK)} x`]) await rejected("invalid-key", check(text, token));
});

test("keys are what they were when the verifier was made", async () => {
  const set = { keys: [es256.publicJWK] };
  const tokens = verifier({ ...policy, keys: set, algorithms: ["ES256"] });
  set.keys.length = 0;
  assert.deepEqual(await tokens.verify(await signed(es256)), claims);
});

test("several keys of several kinds", async () => {
  const keys = [es256.publicJWK, { key: es384.publicKey, kid: es384.jwk.kid }, eddsa.publicKey, { algorithm: "HS256", kid: hs256.jwk.kid, verify: () => true }, rs256.publicJWK];
  for (const key of [es256, es384, eddsa, rs256, hs256]) assert.deepEqual(await check(keys, await signed(key)), claims);
  await rejected("unknown-key", check([], await signed(es256)));
});

test("the key that has the kid comes before one that was given no name", async () => {
  const other = await makeKey("ES256", "other");
  const keys = [es256.publicKey, other.publicJWK];
  for (const key of [es256, other]) assert.deepEqual(await check(keys, await signed(key)), claims);
  const forged = await signed(es256, { header: { kid: "other" } });
  await rejected("bad-signature", check(keys, forged));
});

test("a kid is compared and quoted, whatever it is", async () => {
  for (const kid of ["schlüssel 1", "\u2028", 'a"b\\c', "\t\x07\v", "\u{1f511}", "../../dev/null", "\x7f\x80\u200b\ue000", "\u{10ffff}", "x".repeat(99) + "é", "x".repeat(97) + "\u{1f511}", " "]) {
    const token = await signed(es256, { header: { kid } });
    assert.equal(await alike({ keys: [es256.publicJWK] }, token), "unknown-key");
    assert.equal(await alike({ keys: [{ ...es256.publicJWK, kid }] }, token), undefined);
    assert.equal(await alike({ keys: [{ ...es384.publicJWK, kid }] }, token), "key-algorithm-mismatch");
    assert.equal(await alike({ keys: [es256, eddsa].map(({ publicJWK }) => ({ ...publicJWK, kid })) }, token), undefined);
    assert.equal(await alike({ keys: [es256.publicJWK, es256.publicJWK].map((jwk) => ({ ...jwk, kid })) }, token), "unknown-key");
  }
});

test("a token without kid is for the only key that fits", async () => {
  const { kid, ...header } = { alg: "ES256", typ: "fhir-ws-binding+jwt", kid: undefined };
  const token = await new SignJWT(claims).setProtectedHeader(header).sign(es256.privateKey);
  assert.equal(await alike({ keys: [hs256.jwk, es256.publicJWK, es384.publicJWK] }, token), undefined);
  assert.equal(await alike({ keys: [es256.publicJWK, (await makeKey("ES256")).publicJWK] }, token), "unknown-key");
  assert.equal(await alike({ keys: [hs256.jwk, es384.publicJWK] }, token), "key-algorithm-mismatch");
  assert.equal(await alike({ keys: [] }, token), "unknown-key");
});

test("numbers that are no key", async () => {
  const token = await signed(es256);
  const offCurve = { ...es256.publicJWK, y: es256.publicJWK.x };
  const mismatched = { ...es256.jwk, d: (await makeKey("ES256")).jwk.d };
  const edwards = { ...eddsa.jwk, kid: es256.jwk.kid, d: (await makeKey("EdDSA")).jwk.d };
  const rsa = { ...rs256.jwk, kid: es256.jwk.kid, d: (await makeKey("RS256")).jwk.d };
  const zero = { ...es256.jwk, d: "A".repeat(43) };
  for (const jwk of [offCurve, mismatched, edwards, rsa, zero]) {
    assert.equal(await alike(jwk, token), "invalid-key");
    assert.equal(await alike({ keys: [jwk] }, token), "key-algorithm-mismatch");
  }
  // They spoil no key beside them, also one of the same kid.
  assert.equal(await alike({ keys: [offCurve, es256.publicJWK, edwards] }, token), undefined);
  assert.equal(await alike(es256.jwk, token), undefined); // a private key verifies by its public half
});

test("a key is used with what it is for", async () => {
  const token = await signed(es256);
  const jwk = es256.publicJWK;
  for (const changes of [{ use: "enc" }, { alg: "ES384" }, { key_ops: [] }, { key_ops: ["verify", "verify"] }, { x: jwk.x + "=" }, { kty: "oct" }, { crv: "P-384" }, { kid: 7 }]) {
    await alike({ ...jwk, ...changes }, token);
    await alike({ keys: [{ ...jwk, ...changes }] }, token);
  }
  // A secret that is a public key of the issuer's is the oldest of attacks.
  const confused = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: jwk.kid, typ: "fhir-ws-binding+jwt" }).sign(new TextEncoder().encode(JSON.stringify(jwk)));
  assert.equal(await alike({ keys: [jwk] }, confused), "key-algorithm-mismatch");
});

test("a CryptoKey is bound by its own algorithm", async () => {
  const { subtle } = crypto;
  const pair = async (algorithm, usages = ["sign", "verify"]) => (await subtle.generateKey(algorithm, false, usages)).publicKey;
  const rsa = (name, modulusLength, hash, ...exponent) => pair({ name, modulusLength, hash, publicExponent: new Uint8Array(exponent.length > 0 ? exponent : [1, 0, 1]) });
  const refused = {
    "P-521": await pair({ name: "ECDSA", namedCurve: "P-521" }),
    "ECDH": await pair({ name: "ECDH", namedCurve: "P-256" }, ["deriveBits"]),
    "SHA-512": await rsa("RSASSA-PKCS1-v1_5", 2048, "SHA-512"),
    "RSA-PSS with SHA-384": await rsa("RSA-PSS", 2048, "SHA-384"),
    "exponent": await rsa("RSASSA-PKCS1-v1_5", 2048, "SHA-256", 1, 1),
    "1024 bits": await rsa("RSASSA-PKCS1-v1_5", 1024, "SHA-256"),
    "128 bits": await subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 128 }, false, ["sign", "verify"]),
    "HMAC with SHA-512": await subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, false, ["sign", "verify"]),
    "may sign": es256.privateKey,
  };
  for (const [words, key] of Object.entries(refused)) {
    const { message } = thrown("invalid-key", () => verifier({ ...policy, keys: key, algorithms: known }));
    assert.ok(words === "ECDH" || message.includes(words), `${words}: ${message}`);
  }
  await rejected("key-algorithm-mismatch", check(es384.publicKey, await signed(es256)));
});

test("keys of other kinds are refused at once, with what to give", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const cases = [[pair, /pair of keys: give its publicKey/], [createPublicKey({ key: es256.publicJWK, format: "jwk" }), /JWK/], [new Map(), /object Map/], [[[]], /object Array/]];
  for (const [keys, words] of cases) assert.match(thrown("invalid-option", () => verifier({ ...policy, keys, algorithms: known })).message, words);
});

test("PEM is told of as such", () => {
  const pem = createPublicKey({ key: es256.publicJWK, format: "jwk" }).export({ format: "pem", type: "spki" });
  for (const make of [() => verifier({ ...policy, keys: pem, algorithms: known }), () => issuer({ key: pem })]) assert.match(thrown("invalid-key", make).message, /PEM/);
});

test("what is no key is refused at once", () => {
  const loop = { kty: "EC" };
  loop.loop = loop;
  for (const keys of [loop, [loop], { kty: "EC", n: 1n }, null, 7, true, [null], ["text"], { key: es256.publicKey, kid: "" }, { key: es256.publicKey, kid: 7 }, { algorithm: "ES512", verify: () => true }, { algorithm: "ES256", verify: true }]) {
    thrown("invalid-option", () => verifier({ ...policy, keys, algorithms: known }));
  }
});
