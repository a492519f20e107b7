// The verifier: both directions with npm jose and the Go core, every algorithm,
// and everything a caller can get wrong.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, verifier } from "wsbind";
import { algorithms, claims, makeKey, nativeToken, nativeVerdicts, noon, policy, rejected, ruin, signed, thrown, watch } from "./tokens/support.mjs";

const key = await makeKey("ES256");
const base = { keys: key.publicJWK, algorithms: ["ES256"], ...policy };
const token = await signed(key);
const without = (name) => Object.fromEntries(Object.entries(base).filter(([option]) => option !== name));

for (const algorithm of algorithms) {
  test(`a token of npm jose and one of the Go core, ${algorithm}`, async () => {
    const key = await makeKey(algorithm);
    const tokens = verifier({ ...base, keys: { keys: [key.publicJWK] }, algorithms: [algorithm] });
    for (const token of [await signed(key), nativeToken(key.jwk, algorithm)]) {
      assert.deepEqual(await tokens.verify(token), claims);
      const [header, payload, signature] = token.split(".");
      const other = signature[5] === "A" ? "B" : "A";
      await rejected("bad-signature", tokens.verify([header, payload, signature.slice(0, 5) + other + signature.slice(6)].join(".")));
    }
  });

  test(`a CryptoKey that cannot be extracted, ${algorithm}`, async () => {
    const key = await makeKey(algorithm);
    const { name, namedCurve, hash } = key.publicKey.algorithm;
    const cryptoKey = await crypto.subtle.importKey("jwk", { ...key.publicJWK, kid: undefined }, { name, namedCurve, hash }, false, ["verify"]);
    assert.equal(cryptoKey.extractable, false);
    const token = await signed(key);
    assert.deepEqual(await verifier({ ...base, keys: cryptoKey, algorithms: [algorithm] }).verify(token), claims);
    assert.deepEqual(await verifier({ ...base, keys: { key: cryptoKey, kid: key.jwk.kid }, algorithms: [algorithm] }).verify(token), claims);
    await rejected("unknown-key", verifier({ ...base, keys: { key: cryptoKey, kid: "another" }, algorithms: [algorithm] }).verify(token));
  });
}

test("claims that are not of a binding token come as they were signed", async () => {
  const token = await signed(key, { scope: ["x"], subscription: ["a", "a"] });
  assert.deepEqual(await verifier(base).verify(token), { ...claims, scope: ["x"], subscription: ["a", "a"] });
});

test("a token may be bytes, which may change behind the call", async () => {
  const tokens = verifier(base);
  for (const bytes of [new TextEncoder().encode(token), Buffer.from(token), Buffer.from(token)]) {
    const claimed = tokens.verify(bytes);
    bytes.fill(0);
    assert.deepEqual(await claimed, claims);
  }
});

test("what is no token is a token that is refused", async () => {
  const tokens = verifier(base);
  for (const nothing of [undefined, null, 7, {}, "", "x"]) await rejected("malformed-token", tokens.verify(nothing));
  const gone = new TextEncoder().encode(token);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  await rejected("invalid-option", tokens.verify(gone));
  thrown("invalid-option", () => verifier({ ...base, keys: gone }));
  const [verdict] = nativeVerdicts([{ token: "x".repeat(70_000), keys: key.publicJWK }]);
  assert.equal((await rejected(verdict.code, tokens.verify("x".repeat(70_000)))).message, verdict.diagnostics);
  await rejected("token-too-large", tokens.verify("x".repeat(40 << 20)));
  await rejected("non-canonical-base64url", tokens.verify("\ud800.a.b"));
});

test("no message shows the token or a claim that was not verified", async () => {
  const tokens = verifier(base);
  const [header, payload, signature] = token.split(".");
  for (const bad of [`${header}.${payload}.${signature.replace(/./, "_")}`, `${header}.${payload}`, `${header}.${payload}.`, ` ${token}`]) {
    const err = await tokens.verify(bad).then(assert.fail, (err) => err);
    for (const secret of [header, payload, signature.slice(1), "anonymous", "0a1b"]) assert.ok(!`${err.message} ${JSON.stringify(err)}`.includes(secret), err.message);
  }
});

test("the time is a parameter: of the verifier, of the call, in seconds or as a Date", async () => {
  const at = (now) => ({ now });
  const tokens = verifier(base);
  assert.deepEqual(await tokens.verify(token, at(noon + 299.5)), claims);
  assert.deepEqual(await tokens.verify(token, at(new Date((noon + 299) * 1000))), claims);
  await rejected("expired-token", tokens.verify(token, at(noon + 300)));
  await rejected("not-yet-valid", tokens.verify(token, at(new Date((noon - 1) * 1000))));
  await rejected("expired-token", verifier({ ...base, now: () => new Date((noon + 300) * 1000) }).verify(token));
  assert.deepEqual(await verifier({ ...base, now: () => noon + 305, clockTolerance: 10 }).verify(token), claims);
  await rejected("lifetime-too-long", verifier({ ...base, maxLifetime: 60 }).verify(token));
  await rejected("expired-token", verifier(without("now")).verify(token)); // the runtime's clock
  for (const now of [Date.now(), NaN, -1, Infinity, "0", new Date(NaN)]) await rejected("invalid-option", tokens.verify(token, at(now)));
  await rejected("invalid-option", verifier({ ...base, now: Date.now }).verify(token));
  await rejected("invalid-option", tokens.verify(token, { Now: 1 }));
});

test("a clock that fails is told of, and leaves nothing behind", async (t) => {
  const made = watch(t);
  const kit = await load({ module: (await import("./kit/support.mjs")).module });
  const broken = new TypeError("no clock");
  const fails = () => { throw broken; };
  for (const options of [{ ...base, kit }, { ...without("keys"), kit, jwksUrl: "https://fhir.example/jwks", fetch: async () => new Response(JSON.stringify(key.publicJWK)) }]) {
    let now = fails;
    const tokens = verifier({ ...options, now: () => now() });
    assert.equal((await rejected("invalid-option", tokens.verify(token))).cause, broken);
    now = () => noon + 1;
    await tokens.verify(token);
    now = fails; // and now that the key is at hand
    assert.equal((await rejected("invalid-option", tokens.verify(token))).cause, broken);
  }
  // Handles are numbered: none that was begun is still there.
  for (let handle = 1; handle < 20; handle++) assert.equal(made[0].cancel(handle), 0);
});

test("issuer, audience and typ are compared unless told otherwise", async () => {
  await rejected("wrong-issuer", verifier({ ...base, issuer: "https://other.example" }).verify(token));
  await rejected("wrong-audience", verifier({ ...base, audience: "wss://other.example" }).verify(token));
  assert.deepEqual(await verifier({ ...without("issuer"), anyIssuer: true }).verify(token), claims);
  assert.deepEqual(await verifier({ ...without("audience"), anyAudience: true }).verify(token), claims);
  const access = await signed(key, { header: { typ: "at+jwt" } });
  await rejected("wrong-typ", verifier(base).verify(access));
  assert.deepEqual(await verifier({ ...base, typ: "at+jwt" }).verify(access), claims);
  assert.deepEqual(await verifier({ ...base, anyType: true }).verify(access), claims);
});

test("a JWS of another kind is verified as it is", async () => {
  const tokens = verifier({ ...base, anyType: true });
  assert.deepEqual(JSON.parse(new TextDecoder().decode(await tokens.verifyRaw(token, { now: 0 }))), claims);
  await rejected("bad-signature", tokens.verifyRaw(token.slice(0, -8) + "AAAAAAAA"));
});

test("an option counts that is inherited, or a getter", async () => {
  class Settings {
    get maxLifetime() { return 60; }
  }
  for (const settings of [new Settings(), Object.create({ maxLifetime: 60 })]) {
    await rejected("lifetime-too-long", verifier(Object.assign(settings, base)).verify(token));
  }
});

test("a tolerance is one to the microsecond", async () => {
  for (const clockTolerance of [1e-7, 1e-6, 0.1 + 0.2, 1e9]) assert.deepEqual(await verifier({ ...base, clockTolerance }).verify(token), claims);
});

test("no message shows what may be a key", () => {
  const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA";
  const jwk = JSON.stringify({ kty: "oct", k: secret });
  for (const make of [() => verifier(jwk), () => verifier({ ...base, keys: [jwk] }), () => verifier({ ...base, keys: [secret] })]) {
    const { message } = thrown("invalid-option", make);
    assert.ok(!message.includes(secret.slice(0, 5)), message);
  }
});

test("options that cannot be used are refused at once", () => {
  const cases = {
    "object is due": [undefined, null, "keys"],
    "there is no option": [{ ...base, audiance: "x" }],
    "one of keys and jwksUrl": [without("keys"), { ...base, jwksUrl: "https://fhir.example/jwks" }],
    "there is none": [{ ...base, jwks: {} }],
    "algorithms is": [without("algorithms"), { ...base, algorithms: [] }, { ...base, algorithms: "ES256" }, { ...base, algorithms: [256] }],
    "issuer is": [without("issuer"), { ...base, issuer: "" }, { ...base, issuer: "\ud800" }, { ...base, issuer: null }, { ...without("issuer"), anyIssuer: false }],
    "issuer is given": [{ ...base, anyIssuer: true }],
    "anyIssuer is": [{ ...base, anyIssuer: "true" }],
    "audience is": [without("audience"), { ...base, audience: ["wss://fhir.example/ws"] }],
    "typ is": [{ ...base, typ: "" }],
    "clockTolerance is": [{ ...base, clockTolerance: -1 }, { ...base, clockTolerance: "60" }, { ...base, clockTolerance: Infinity }],
    "maxLifetime is": [{ ...base, maxLifetime: 0 }],
    "now is": [{ ...base, now: noon }],
    "fetch is": [{ ...base, fetch: {} }],
    "kit is": [{ ...base, kit: load() }],
  };
  for (const [words, list] of Object.entries(cases)) {
    for (const options of list) {
      const { message } = thrown("invalid-option", () => verifier(options));
      assert.ok(message.includes(words), `${message}: ${words}`);
    }
  }
});

test("an algorithm that is not known allows nothing", async () => {
  const { message } = await rejected("algorithm-not-allowed", verifier({ ...base, algorithms: ["none", "ES512"] }).verify(token));
  assert.equal(message, 'header alg is "ES256", allowed here: none, ES512');
});

test("thousands may be verified at once, more than the module keeps", async () => {
  const tokens = verifier(base);
  const [issued, forged] = [[], []];
  for (let i = 0; i < 1500; i++) {
    const [header, payload, signature] = (await signed(key, { jti: String(i) })).split(".");
    issued.push(`${header}.${payload}.${signature}`);
    // The payload of one token under the signature of the next one to be verified.
    forged.push(issued[i - 1]?.replace(/[^.]*$/, signature));
  }
  const claimed = await Promise.all(issued.flatMap((token, i) => [forged[i]?.length ? tokens.verify(forged[i]).then(assert.fail, ({ code }) => code) : "bad-signature", tokens.verify(token)]));
  for (let i = 0; i < issued.length; i++) assert.deepEqual([claimed[2 * i], claimed[2 * i + 1].jti], ["bad-signature", String(i)]);
});

test("a verification outlives the instance on which it began", async (t) => {
  const made = watch(t);
  const kit = await load({ module: (await import("./kit/support.mjs")).module });
  let ruined = false;
  const external = {
    algorithm: "ES256",
    verify: async () => {
      ruin(made.at(-1));
      assert.throws(() => kit.parseBind("x"));
      return (ruined = true);
    },
  };
  assert.deepEqual(await verifier({ ...base, keys: external, kit }).verify(token), claims);
  assert.ok(ruined);
  assert.equal(made.length, 2);
});

test("an external verifier is asked with the bytes, and believed only if it says true", async () => {
  const [header, payload, signature] = token.split(".");
  let verdict = true;
  const external = {
    algorithm: "ES256",
    verify(input, bytes) {
      assert.equal(new TextDecoder().decode(input), `${header}.${payload}`);
      assert.equal(Buffer.from(bytes).toString("base64url"), signature);
      if (verdict instanceof Error) throw verdict;
      return verdict;
    },
  };
  const tokens = verifier({ ...base, keys: external });
  assert.deepEqual(await tokens.verify(token), claims);
  for (verdict of [false, undefined, 1, "true", {}]) await rejected("bad-signature", tokens.verify(token));
  verdict = new Error("the service is down");
  assert.equal((await rejected("keys-unavailable", tokens.verify(token))).cause, verdict);
  await rejected("unknown-key", verifier({ ...base, keys: { ...external, kid: "another" } }).verify(token));
});

test("nothing but true is a good signature, whoever says it", async (t) => {
  const tokens = verifier(base);
  await tokens.verify(token);
  const forged = token.slice(0, -8) + "AAAAAAAA";
  for (const verdict of [1, "true", {}]) {
    const { mock } = t.mock.method(crypto.subtle, "verify", async () => verdict);
    await rejected("bad-signature", tokens.verify(forged));
    mock.restore();
  }
});

test("a runtime without the algorithm, or without WebCrypto, says so", async (t) => {
  const importKey = t.mock.method(crypto.subtle, "importKey", async () => {
    throw new DOMException("Unrecognized name", "NotSupportedError");
  });
  const { message } = await rejected("invalid-option", verifier(base).verify(token));
  assert.match(message, /no ES256/);
  importKey.mock.restore();
  const { crypto: real } = globalThis;
  t.after(() => Object.defineProperty(globalThis, "crypto", { value: real, configurable: true }));
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  assert.match((await rejected("invalid-option", verifier(base).verify(token))).message, /https/);
});
