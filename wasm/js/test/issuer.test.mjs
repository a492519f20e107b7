// The issuer: what it signs is accepted by npm jose and the Go core, whoever
// holds the key.

import assert from "node:assert/strict";
import { createPrivateKey, sign } from "node:crypto";
import { test } from "node:test";
import { decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { issuer, load, verifier } from "wsbind";
import { algorithms, claims, makeKey, nativeVerdicts, noon, policy, rejected, ruin, thrown, watch } from "./tokens/support.mjs";

const key = await makeKey("ES256");

/** accepted holds a token against npm jose, the Go core, and this package. */
async function accepted(token, { algorithm, publicJWK }, typ = "fhir-ws-binding+jwt") {
  const { payload, protectedHeader } = await jwtVerify(token, await importJWK(publicJWK, algorithm), { currentDate: new Date((noon + 1) * 1000), typ });
  assert.deepEqual(payload, claims);
  assert.equal(protectedHeader.alg, algorithm);
  const [verdict] = nativeVerdicts([{ id: 1, token, keys: publicJWK, issuer: claims.iss, audience: claims.aud, now: noon + 1, typ }]);
  assert.deepEqual(verdict, { id: 1, ok: true, claims });
  assert.deepEqual(await verifier({ ...policy, keys: publicJWK, algorithms: [algorithm], typ }).verify(token), claims);
}

for (const algorithm of algorithms) {
  test(`signed with a JWK, and with a CryptoKey that cannot be extracted, ${algorithm}`, async () => {
    const key = await makeKey(algorithm);
    const { name, namedCurve, hash } = key.privateKey.algorithm;
    const cryptoKey = await crypto.subtle.importKey("jwk", { ...key.jwk, kid: undefined }, { name, namedCurve, hash }, false, ["sign"]);
    for (const options of [{ key: key.jwk, algorithm }, { key: JSON.stringify({ keys: [key.publicJWK, key.jwk] }), algorithm }, { key: { key: cryptoKey, kid: key.jwk.kid } }, { key: cryptoKey, kid: key.jwk.kid }]) {
      const token = await issuer(options).issue(claims);
      assert.deepEqual(decodeProtectedHeader(token), { alg: algorithm, kid: key.jwk.kid, typ: "fhir-ws-binding+jwt" });
      await accepted(token, key);
    }
    assert.equal("kid" in decodeProtectedHeader(await issuer({ key: cryptoKey }).issue(claims)), false);
  });
}

test("an external signer gets the bytes and gives the signature", async () => {
  const held = createPrivateKey({ key: key.jwk, format: "jwk" });
  const service = { algorithm: "ES256", kid: key.jwk.kid, sign: async (bytes) => sign("sha256", bytes, { key: held, dsaEncoding: "ieee-p1363" }) };
  await accepted(await issuer({ key: service }).issue(claims), key);
  const der = { ...service, sign: (bytes) => sign("sha256", bytes, held) };
  assert.match((await rejected("signature-format", issuer({ key: der }).issue(claims))).message, /DER/);
});

test("a holder of the key that fails has failed to sign", async () => {
  const down = new Error("the service is down");
  const signer = (sign) => issuer({ key: { algorithm: "ES256", sign } });
  const err = await rejected("signing-failed", signer(() => Promise.reject(down)).issue(claims));
  assert.equal(err.cause, down);
  await rejected("signing-failed", signer(() => { throw down; }).issue(claims));
  for (const answer of [undefined, "c2lnbmF0dXJl", { signature: "x" }, []]) await rejected("signing-failed", signer(() => answer).issue(claims));
  await rejected("signature-format", signer(() => new Uint8Array(64)).issue(claims));
  const { message } = await rejected("signing-failed", signer(() => "c2lnbmF0dXJl").issue(claims));
  assert.ok(!message.includes("c2ln"), message);
});

test("WebCrypto may be the external signer, whose answer is an ArrayBuffer", async () => {
  const sign = (bytes) => crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, bytes);
  await accepted(await issuer({ key: { algorithm: "ES256", kid: key.jwk.kid, sign } }).issue(claims), key);
});

test("what was begun is dropped where there is no token", async (t) => {
  const made = watch(t);
  const kit = await load({ module: (await import("./kit/support.mjs")).module });
  for (const sign of [() => new Uint8Array(64), () => new Uint8Array(40 << 20), () => Promise.reject(), () => "no"]) {
    await issuer({ key: { algorithm: "ES256", sign }, kit }).issue(claims).then(assert.fail, () => undefined);
  }
  for (let handle = 1; handle < 20; handle++) assert.equal(made[0].cancel(handle), 0);
});

test("an RSA key signs with what it says, and else with the first that fits", async () => {
  const key = await makeKey("RS256");
  const { alg, ...jwk } = key.jwk;
  assert.equal(decodeProtectedHeader(await issuer({ key: jwk }).issue(claims)).alg, "RS256");
  assert.equal(decodeProtectedHeader(await issuer({ key: { ...jwk, alg: "PS256" } }).issue(claims)).alg, "PS256");
  const { message } = await rejected("key-algorithm-mismatch", issuer({ key: { ...jwk, alg: "PS256" }, algorithm: "RS256" }).issue(claims));
  assert.equal(message, 'RSA key "key of RS256" must not sign with RS256');
});

test("another typ, another kid", async () => {
  const token = await issuer({ key: key.jwk, typ: "example+jwt", kid: "other" }).issue(claims);
  assert.deepEqual(decodeProtectedHeader(token), { alg: "ES256", kid: "other", typ: "example+jwt" });
  await accepted(token, { ...key, publicJWK: { ...key.publicJWK, kid: "other" } }, "example+jwt");
});

test("claims that no verifier would accept are refused", async () => {
  const tokens = issuer({ key: key.jwk });
  const cases = [
    ["missing-claim", { iss: undefined }], ["missing-claim", { aud: undefined }], ["missing-claim", { exp: undefined }],
    ["invalid-claim", { subscription: [] }], ["invalid-claim", { subscription: ["Subscription/1"] }], ["invalid-claim", { subscription: "1" }],
    ["invalid-claim", { fhir: "R3" }], ["invalid-claim", { scope: "x" }], ["invalid-claim", { sub: 7 }],
    ["date-out-of-range", { exp: 253402300800 }], ["expired-token", { exp: noon }],
  ];
  for (const [code, changes] of cases) await rejected(code, tokens.issue({ ...claims, ...changes }));
  const loop = {};
  loop.loop = loop;
  for (const nothing of [undefined, null, "claims", loop, { ...claims, exp: 1n }, { toJSON: () => undefined }]) await rejected("invalid-option", tokens.issue(nothing));
});

test("a key that cannot sign is refused", async () => {
  const cannot = "no key of the set can sign: give a private key";
  for (const jwk of [key.publicJWK, { keys: [] }, { keys: [key.publicJWK] }, { ...key.jwk, key_ops: ["verify"] }]) {
    assert.equal((await rejected("invalid-key", issuer({ key: jwk }).issue(claims))).message, cannot);
  }
  const other = await makeKey("ES256");
  await rejected("invalid-key", issuer({ key: { ...key.jwk, d: other.jwk.d } }).issue(claims));
  await rejected("invalid-key", issuer({ key: `{"kty":"EC","kty":"EC"}` }).issue(claims));
  assert.match(thrown("invalid-key", () => issuer({ key: key.publicKey })).message, /one that may sign/);
});

test("options that cannot be used are refused at once", () => {
  const cases = [undefined, {}, { key: 7 }, { key: null }, { key: key.jwk, alg: "ES256" }, { key: key.jwk, algorithm: "none" }, { key: key.jwk, kid: "" }, { key: key.jwk, kid: "\udc00" }, { key: { publicKey: key.publicKey, privateKey: key.privateKey } }, { key: createPrivateKey({ key: key.jwk, format: "jwk" }) },
    { key: key.jwk, typ: "" }, { key: key.jwk, kit: {} }, { key: { algorithm: "Ed25519", sign: () => new Uint8Array(64) } }, { key: { algorithm: "ES256", sign: "yes" } }];
  for (const options of cases) thrown("invalid-option", () => issuer(options));
  thrown("key-algorithm-mismatch", () => issuer({ key: key.privateKey, algorithm: "ES384" }));
});

test("thousands may be issued at once, more than the module keeps", async () => {
  const tokens = issuer({ key: key.jwk });
  const issued = await Promise.all(Array.from({ length: 1500 }, (_, i) => tokens.issue({ ...claims, jti: String(i) })));
  const verified = await Promise.all(issued.map((token) => verifier({ ...policy, keys: key.publicJWK, algorithms: ["ES256"] }).verify(token)));
  assert.deepEqual(verified.map(({ jti }) => jti), issued.map((_, i) => String(i)));
});

test("a token outlives the instance on which it was begun", async (t) => {
  const made = watch(t);
  const kit = await load({ module: (await import("./kit/support.mjs")).module });
  const held = createPrivateKey({ key: key.jwk, format: "jwk" });
  const service = {
    algorithm: "ES256",
    sign: async (bytes) => {
      ruin(made.at(-1));
      assert.throws(() => kit.parseBind("x"));
      return sign("sha256", bytes, { key: held, dsaEncoding: "ieee-p1363" });
    },
  };
  await accepted(await issuer({ key: service, kid: key.jwk.kid, kit }).issue(claims), key);
  assert.equal(made.length, 2);
});
