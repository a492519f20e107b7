// JWK Sets by URL, under virtual time: nothing here waits, and nothing is fetched.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { inspect } from "node:util";
import { verifier } from "wsbind";
import { claims, makeKey, noon, policy, rejected, signed, thrown } from "./tokens/support.mjs";

const url = "https://fhir.example/.well-known/jwks.json?tenant=secret";
const [first, second] = [await makeKey("ES256", "first"), await makeKey("ES256", "second")];
const [old, fresh] = [await signed(first, { exp: noon + 80_000 }), await signed(second, { exp: noon + 80_000 })];
const stranger = await signed(await makeKey("ES256", "third"));
const set = (...keys) => JSON.stringify({ keys: keys.map(({ publicJWK }) => publicJWK) });

/**
 * A verifier with a fetch that counts and answers as told: text, a Response, a
 * promise, or an Error to throw.
 */
function setUp(answer = set(first), jwks = undefined, more = {}) {
  const world = { now: noon + 1, answer, fetched: [] };
  const fetch = async (...args) => {
    world.fetched.push(args);
    const answer = await world.answer;
    if (answer instanceof Error) throw answer;
    return typeof answer === "string" ? new Response(answer) : answer;
  };
  const tokens = verifier({ algorithms: ["ES256"], issuer: policy.issuer, audience: policy.audience, jwksUrl: url, jwks, fetch, now: () => world.now, ...more });
  return Object.assign(world, { verify: (token = old) => tokens.verify(token), count: () => world.fetched.length });
}

function later() {
  let settle;
  const promise = new Promise((resolve) => (settle = resolve));
  return { promise, settle };
}

test("a set is fetched at the first token that needs it, and kept", async () => {
  const world = setUp();
  await rejected("malformed-token", world.verify("x"));
  await rejected("algorithm-not-allowed", world.verify("eyJhbGciOiJub25lIn0.e30."));
  assert.equal(world.count(), 0, "a token that is refused anyway leads to no fetch");
  for (let i = 0; i < 3; i++) assert.equal((await world.verify()).jti, claims.jti);
  assert.equal(world.count(), 1);
  const [[address, init]] = world.fetched;
  assert.equal(address, url);
  assert.equal(init.redirect, "manual");
  assert.match(init.headers.accept, /json/);
});

test("it is fetched anew when it is old", async () => {
  const world = setUp(set(first), { maxAge: 100 });
  await world.verify();
  world.now += 99;
  await world.verify();
  assert.equal(world.count(), 1);
  world.now += 1;
  world.answer = set(second);
  await rejected("unknown-key", world.verify(old));
  assert.equal(world.count(), 2);
  await world.verify(fresh);
  assert.equal(world.count(), 2);
});

test("a clock that was set back makes it old", async () => {
  const world = setUp();
  await world.verify();
  world.now -= 1;
  await world.verify();
  assert.equal(world.count(), 2);
});

test("an unknown kid leads to a fetch, but not to one for each token", async () => {
  const world = setUp(set(first), { cooldown: 30 });
  await world.verify();
  world.answer = set(first, second);
  await rejected("unknown-key", world.verify(fresh));
  assert.equal(world.count(), 1, "it was fetched just now");
  world.now += 30;
  await world.verify(fresh);
  assert.equal(world.count(), 2);
  for (let i = 0; i < 5; i++) await rejected("unknown-key", world.verify(stranger));
  assert.equal(world.count(), 2);
  world.now += 30;
  for (let i = 0; i < 5; i++) await rejected("unknown-key", world.verify(stranger));
  assert.equal(world.count(), 3);
});

test("what is wrong with a token that names a known key leads to no fetch", async () => {
  const world = setUp(set(first), { cooldown: 0 });
  await world.verify();
  await rejected("bad-signature", world.verify(old.slice(0, -8) + "AAAAAAAA"));
  await rejected("algorithm-not-allowed", world.verify(await signed(await makeKey("ES384", "first"))));
  assert.equal(world.count(), 1);
});

const waiting = async () => {
  const { promise, settle } = later();
  const world = setUp(promise);
  const all = Array.from({ length: 50 }, () => world.verify());
  settle(set(first));
  for (const claimed of await Promise.all(all)) assert.equal(claimed.jti, claims.jti);
  assert.equal(world.count(), 1);
  world.now += 31;
  world.answer = set(first, second);
  await Promise.all(Array.from({ length: 50 }, () => world.verify(fresh)));
  assert.equal(world.count(), 2);
  world.now += 31;
  world.answer = new Error("connection refused");
  await Promise.all(Array.from({ length: 50 }, () => rejected("keys-unavailable", world.verify(stranger))));
  assert.equal(world.count(), 3);
};

test("all who wait, wait for one fetch", waiting);

test("so they do where no request may wait for another's promise", async (t) => {
  globalThis.WebSocketPair = class {};
  t.after(() => delete globalThis.WebSocketPair);
  await waiting();
  const world = setUp();
  await world.verify();
  assert.equal("cache" in world.fetched[0][1], false, "which older releases of workerd refuse");
  // A fetch whose request is gone keeps the others for a while, and no longer.
  t.mock.timers.enable({ apis: ["setTimeout"] });
  world.now += 3600;
  world.answer = new Promise(() => {});
  void world.verify();
  while (world.count() === 1) await new Promise(setImmediate);
  world.answer = set(first);
  const verified = world.verify();
  for (let i = 0; world.count() === 2; i++) {
    await new Promise(setImmediate);
    t.mock.timers.tick(5);
    assert.ok(i < 300);
  }
  assert.equal((await verified).jti, claims.jti);
  assert.equal(world.count(), 3);
});

test("old keys serve while there are no new ones, for a while", async () => {
  const world = setUp(set(first), { maxAge: 100, staleGrace: 1000, cooldown: 30 });
  await world.verify();
  world.answer = new Error("connection refused");
  world.now += 100;
  for (let i = 0; i < 5; i++) await world.verify();
  assert.equal(world.count(), 2, "and it is not tried for each token");
  world.now += 30;
  await world.verify();
  assert.equal(world.count(), 3);
  world.now = noon + 1 + 1100;
  await rejected("keys-unavailable", world.verify());
  world.answer = set(first);
  await world.verify();
  const strict = setUp(set(first), { maxAge: 100, staleGrace: 0 });
  await strict.verify();
  strict.answer = new Error("connection refused");
  strict.now += 100;
  await rejected("keys-unavailable", strict.verify());
});

test("whether a kid is unknown cannot be said while nothing can be fetched", async () => {
  const world = setUp();
  await world.verify();
  world.now += 30;
  world.answer = new Error("connection refused");
  await rejected("keys-unavailable", world.verify(fresh));
  await rejected("keys-unavailable", world.verify(fresh));
  assert.equal(world.count(), 2);
  await world.verify(old);
});

test("a failure at the start is forgotten at once", async () => {
  const world = setUp(new Error("connection refused"));
  await rejected("keys-unavailable", world.verify());
  world.answer = set(first);
  await world.verify();
});

test("what is no JWK Set is told of, with what to do", async () => {
  const large = " ".repeat(1 << 20) + set(first);
  const chunked = () => new Response(new ReadableStream({
    pull(controller) { controller.enqueue(new Uint8Array(100_000).fill(0x20)); },
  }));
  const cases = [
    [new Error("getaddrinfo ENOTFOUND"), /fetched: getaddrinfo ENOTFOUND; see/],
    [new Response("", { status: 503 }), /status is 503; 200/],
    [new Response(null, { status: 204 }), /status is 204/],
    [new Response("", { status: 302, headers: { location: "https://evil.example/" } }), /redirects.*; give/],
    [Object.defineProperty(new Response(""), "type", { value: "opaqueredirect" }), /redirects/],
    [large, /more than 1048576 bytes/],
    [new Response(set(first), { headers: { "content-length": "2000000" } }), /more than 1048576 bytes/],
    [chunked(), /more than 1048576 bytes/],
    ["<html>", /used: the key is not JSON/],
    ["", /used: the key is not JSON/],
    ['{"keys":[],"keys":[]}', /two members/],
    ['{"keys":{}}', /an array is due/],
  ];
  for (const [answer, words] of cases) {
    const { message } = await rejected("keys-unavailable", setUp(answer).verify());
    assert.match(message, words);
    assert.ok(message.includes("https://fhir.example/.well-known/jwks.json") && !message.includes("secret"), message);
  }
});

test("what is no answer of fetch is told of as such", async () => {
  const unreadable = { get message() { throw new Error("never"); }, toString() { throw new Error("never"); } };
  const followed = Object.defineProperty(new Response(set(first)), "redirected", { value: true });
  const cases = [
    [async () => undefined, /fetch answered undefined; a Response is due/],
    [async () => ({ ok: true, status: 200, json: async () => JSON.parse(set(first)) }), /fetch answered \[object Object\]/],
    [async () => followed, /redirects/],
    [() => Promise.reject(unreadable), /fetched: it does not say why/],
    [() => Promise.reject(), /fetched: undefined/],
    [() => { throw new Error("at once"); }, /fetched: at once/],
  ];
  for (const [fetch, words] of cases) assert.match((await rejected("keys-unavailable", setUp("", undefined, { fetch }).verify())).message, words);
});

test("neither the query nor a header is in what is thrown", async () => {
  const secret = new Error(`error sending request for url (${url})`, { cause: new Error(url) });
  const err = await rejected("keys-unavailable", setUp(secret).verify());
  assert.ok(!inspect(err).includes("secret"), inspect(err));
  for (const headers of ["Bearer secret", { authorization: "Bearer secret\nx" }, { "a b": "Bearer secret" }, { authorization: ["Bearer secret"] }, new Headers({ authorization: "Bearer secret" })]) {
    const err = thrown("invalid-option", () => setUp(set(first), { headers }));
    assert.ok(!inspect(err).includes("Bearer"), inspect(err));
  }
});

test("the cache of a browser is asked for what is new", async () => {
  const world = setUp();
  await world.verify();
  assert.equal(world.fetched[0][1].cache, "no-cache");
});

test("content type and unusable neighbours do not matter", async () => {
  const text = JSON.stringify({ keys: [{ kty: "new", kid: "x" }, null, first.publicJWK], other: 1 });
  await setUp(new Response(text, { headers: { "content-type": "text/plain" } })).verify();
});

test("a fetch that does not end is given up, whether it minds the signal or not", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const world = setUp(new Promise(() => {}), { timeout: 7 });
  const waiting = rejected("keys-unavailable", world.verify());
  while (world.count() === 0) await new Promise(setImmediate);
  t.mock.timers.tick(6999);
  assert.equal(world.fetched[0][1].signal.aborted, false);
  t.mock.timers.tick(1);
  assert.match((await waiting).message, /within 7 s; see/);
  assert.equal(world.fetched[0][1].signal.aborted, true);
  // Nor does a body that does not end.
  world.answer = new Response(new ReadableStream({}));
  const reading = rejected("keys-unavailable", world.verify());
  while (world.count() === 1) await new Promise(setImmediate);
  t.mock.timers.tick(7000);
  assert.match((await reading).message, /within 7 s/);
});

test("fetch is called as no method of anything, which that of browsers refuses", async () => {
  let receiver;
  const world = setUp("", undefined, { async fetch() { receiver = this; return new Response(set(first)); } });
  await world.verify();
  assert.equal(receiver, undefined);
});

test("headers are sent along", async () => {
  const world = setUp(set(first), { headers: { authorization: "Bearer x" } });
  await world.verify();
  assert.equal(world.fetched[0][1].headers.authorization, "Bearer x");
  const other = setUp(set(first), { headers: { Accept: "application/json" } });
  await other.verify();
  assert.deepEqual(other.fetched[0][1].headers, { Accept: "application/json" });
});

test("the URL is one that nobody on the way can answer", () => {
  const options = { algorithms: ["ES256"], ...policy };
  for (const jwksUrl of ["http://fhir.example/jwks", "ftp://fhir.example/jwks", "data:application/json,{}", "/jwks.json", "", 7, "https://user:pass@fhir.example/jwks", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/"]) {
    const { message } = thrown("invalid-option", () => verifier({ ...options, jwksUrl }));
    assert.ok(!message.includes("pass@"), message);
  }
  for (const jwksUrl of ["http://127.0.0.1:8080/jwks", "http://localhost/jwks", "http://[::1]:1/jwks", new URL("https://fhir.example/jwks")]) verifier({ ...options, jwksUrl });
  verifier({ ...options, jwksUrl: "http://fhir.example/jwks", jwks: { allowHttp: true } });
});

test("options of the set that cannot be used are refused at once", () => {
  const of = (jwks) => verifier({ algorithms: ["ES256"], ...policy, jwksUrl: url, jwks });
  for (const jwks of [null, 7, { maxage: 1 }, { maxAge: -1 }, { cooldown: "30" }, { timeout: 0 }, { timeout: Infinity }, { staleGrace: NaN }, { headers: "x" }, { headers: { a: 1 } }]) thrown("invalid-option", () => of(jwks));
  of({ maxAge: Infinity });
});

test("the runtime's own fetch reads a set from loopback", async (t) => {
  const server = createServer((request, response) => {
    if (request.url === "/moved") response.writeHead(302, { location: "/jwks" }).end();
    else response.end(set(first));
  });
  t.after(() => server.close());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const at = (path) => verifier({ algorithms: ["ES256"], ...policy, jwksUrl: `http://127.0.0.1:${port}${path}` });
  assert.equal((await at("/jwks").verify(old)).jti, claims.jti);
  assert.match((await rejected("keys-unavailable", at("/moved").verify(old))).message, /redirects/);
});
