// The token endpoint: HTTP as the definition and the mock server have it, and what a
// token says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { issuer, load, verifier, WsbindError } from "wsbind";
import { tokenEndpoint, upstreamCaller, upstreamResolver } from "wsbind/edge";
import { thrown } from "../kit/support.mjs";
import { ask, base, granted, having, key, naming, noon, ofOne, operation, refused, subscription, tokens, upstream, websocketUrl } from "./rest.mjs";
import { requests } from "./requests.mjs";

const releases = ["R4", "R4B", "R5"];
const kit = await load();

/** An endpoint that asks nobody. */
const free = (options = {}) => tokens({ authorize: () => "ann", resolve: (_caller, ids) => ids ?? ["a", "b"], ...options });

test("a token says who may bind what, where, and for how long", async () => {
  for (const fhir of releases) {
    const { endpoint, events } = free({ fhir });
    const { token, claims, subscriptions, expiration, url, parameter } = await granted(await endpoint(ask(operation, { body: naming("b", "a", "b") })));
    const expected = { iss: base, aud: websocketUrl, sub: "ann", iat: noon, nbf: noon, exp: noon + 300, jti: "0a1b", subscription: ["b", "a"], fhir };
    assert.deepEqual(claims, expected);
    assert.deepEqual([subscriptions, expiration, url], [["b", "a"], "2026-03-01T12:05:00Z", websocketUrl]);
    const definition = kit.describe().definitions.find(({ code, releases: of }) => code === "get-ws-binding-token" && of.includes(fhir)).url;
    assert.ok(kit.validateResponse({ resourceType: "Parameters", parameter }, { fhir, definition }).valid);
    const policy = { issuer: base, audience: websocketUrl, keys: key.publicJWK, algorithms: ["ES256"], now: () => noon };
    assert.deepEqual(await verifier(policy).verify(token), expected);
    assert.deepEqual(events, [{ event: "token-issued", jti: "0a1b", kid: key.jwk.kid, subscriptions: ["b", "a"] }]);
  }
});

test("methods follow the definition", async () => {
  for (const fhir of releases) {
    for (const [lenientGet, allow] of [[false, fhir === "R5" ? "POST" : "GET, HEAD, POST"], [true, "GET, HEAD, POST"]]) {
      const { endpoint } = free({ fhir, lenientGet, noIds: "all" });
      for (const path of [operation, ofOne("a")]) {
        for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
          const response = await endpoint(ask(path, { method }));
          assert.equal(response.status, allow.includes(method) ? 200 : 405, `${fhir} ${method} ${path}`);
          if (response.status === 405) assert.equal(response.headers.get("Allow"), allow);
          if (method === "HEAD") assert.equal(await response.text(), "");
        }
      }
      if (allow === "POST") assert.match((await refused(await endpoint(ask(operation, { method: "GET" })), 405, "method-not-allowed")).diagnostics, /lenientGet/);
    }
  }
});

test("HEAD runs every check, signs nothing and names nothing", async () => {
  const used = [];
  const { endpoint, events } = free({ issuer: { issue: async () => used.push("key") }, ids: () => used.push("id"), resolve: (_caller, [id]) => (id === "a" ? ["a"] : []) });
  const response = await endpoint(ask(ofOne("a"), { method: "HEAD" }));
  assert.deepEqual([response.status, response.headers.get("Content-Type"), response.headers.get("Cache-Control")], [200, "application/fhir+json; charset=utf-8", "no-store"]);
  assert.equal((await endpoint(ask(ofOne("b"), { method: "HEAD" }))).status, 404);
  assert.deepEqual(used, []);
  assert.deepEqual(events.map(({ event }) => event), ["token-refused"]);
});

test("requests are read by the definition, at both levels", async () => {
  const { endpoint } = free({ noIds: "all", maxBody: 2000, resolve: (_caller, ids = ["a", "b"]) => ids.filter((id) => id !== "nobody") });
  for (const [name, { query = "", ...request }, ofType, ofInstance, code] of requests) {
    for (const [path, expected] of [[operation, ofType], [ofOne("x"), ofInstance]]) {
      const response = await endpoint(ask(path + query, request));
      try {
        if (typeof expected === "number") await refused(response, expected, code);
        else assert.equal((await granted(response)).subscriptions.join(" "), expected);
      } catch (err) {
        err.message = `${name}, ${path}: ${err.message}`;
        throw err;
      }
    }
  }
});

test("every issue of a body has its line and column, and a query has none", async () => {
  const { endpoint } = free();
  const body = '{"resourceType":"Parameters",\n "parameter":[{"name":"id","valueString":"a"},\n  {"name":"id","valueId":"a_b"}]}';
  const { issue } = await (await endpoint(ask(operation, { body }))).json();
  assert.deepEqual(issue.map(({ extension }) => extension.map(({ valueInteger }) => valueInteger)), [[2, 28], [3, 26]]);
  assert.equal("extension" in (await refused(await endpoint(ask(`${operation}?id=a_b`, { method: "GET" })), 400, "invalid-primitive")), false);
});

test("the media type that is asked for", async () => {
  const { endpoint } = free({ noIds: "all" });
  for (const [accept, expected] of [["application/json", "application/json"], ["application/json;q=0.9, application/*;q=0.2", "application/json"], ["application/fhir+json;q=0, */*", "application/json"], ["text/json", "text/json"], ["a;b;;=, */*", "application/fhir+json"]]) {
    assert.equal((await endpoint(ask(operation, { headers: { Accept: accept } }))).headers.get("Content-Type"), `${expected}; charset=utf-8`, accept);
  }
  assert.match(await (await endpoint(ask(`${operation}?_pretty=true`))).text(), /\n {2}"parameter": \[/);
});

test("where there is no operation", async () => {
  const { endpoint } = free();
  for (const [path, status, code] of [
    ["/$get-ws-binding-token", 400, "wrong-level"], ["/Patient/$get-ws-binding-token", 404, "unknown-operation"],
    ["/Subscription/a/$events", 404, "unknown-operation"], ["/Subscription/a/$%0A", 404, "unknown-operation"], ["/Subscription/a", 404, "not-found"], ["", 404, "not-found"],
    ["/Subscription/a/b/$get-ws-binding-token", 404, "not-found"], ["/Subscription/a_b/$get-ws-binding-token", 404, "not-found"],
    ["/Subscription/a%2Fb/$get-ws-binding-token", 404, "not-found"], ["/Subscription/%zz/$get-ws-binding-token", 400, "malformed-request"],
  ]) {
    const { expression } = await refused(await endpoint(ask(path)), status, code);
    assert.equal(expression, undefined, path);
  }
  for (const url of ["https://gate.example/fhirs", "https://gate.example/other"]) await refused(await endpoint(ask(operation, { url })), 404, "not-found");
  await granted(await endpoint(ask("/Subscription/a/%24get-ws-binding-token/", { url: "http://by-another-name/fhir" })));
});

test("nobody named: fail, unless all is said", async () => {
  assert.deepEqual((await refused(await free().endpoint(ask(operation)), 400, "missing-parameter")).expression, ["Parameters"]);
  await granted(await free().endpoint(ask(ofOne("a"))));
  const asked = [];
  await granted(await free({ noIds: "all", resolve: (caller, ids, request) => (asked.push(caller, ids, request.headers.get("Authorization")), ["z"]) }).endpoint(ask(operation)));
  assert.deepEqual(asked, ["ann", undefined, "Bearer secret-of-ann"]);
  await refused(await free({ noIds: "all", resolve: () => [] }).endpoint(ask(operation)), 422, "no-subscriptions");
});

test("a token holds 1,000 Subscriptions, and no more bytes than a verifier reads", async () => {
  const ids = (count, length = 4) => Array.from({ length: count }, (_, i) => String(i).padStart(length, "x"));
  const all = (list) => free({ noIds: "all", resolve: () => list }).endpoint(ask(operation));
  assert.equal((await granted(await free().endpoint(ask(operation, { body: naming(...ids(1000)) })))).subscriptions.length, 1000);
  const { expression } = await refused(await free().endpoint(ask(operation, { body: naming(...ids(1001)) })), 400, "too-many-parameters");
  assert.deepEqual(expression, ["Parameters.parameter.where(name='id')"]);
  await refused(await all(ids(1001)), 400, "too-many-parameters");
  await refused(await all(ids(1000, 64)), 400, "too-many-parameters");
});

test("a resolver is held to what it is asked", async () => {
  const answered = (result, body = naming("a", "b")) => free({ resolve: async () => result }).endpoint(ask(operation, { body }));
  assert.deepEqual((await granted(await answered(["b", "a"]))).subscriptions, ["a", "b"]);
  assert.deepEqual((await refused(await answered(["a"]), 404, "not-found")).expression, ["Parameters.parameter.where(name='id')[1]"]);
  for (const result of [undefined, "a", ["a", "b", "c"], ["a", "b", 1], [null]]) await refused(await answered(result), 500, "internal");
});

test("what authorize and resolve throw", async () => {
  const throwing = (thing) => () => { throw thing; };
  const own = new WsbindError("subscription-not-bindable", "it is off", { expression: "Parameters.parameter[0]" });
  const { endpoint, events } = free({ resolve: throwing(own) });
  assert.deepEqual((await refused(await endpoint(ask(operation, { body: naming("a") })), 422, "subscription-not-bindable")).expression, ["Parameters.parameter[0]"]);
  assert.equal((await refused(await endpoint(ask(ofOne("a"))), 422, "subscription-not-bindable")).expression, undefined);
  assert.deepEqual(events[0], { event: "token-refused", code: "subscription-not-bindable", detail: "it is off" });
  for (const thing of [new Error("no database for secret-of-ann"), "text", undefined, new WsbindError("invalid-option", "misspelt"), new WsbindError("trapped", "in here")]) {
    for (const options of [{ resolve: throwing(thing) }, { authorize: throwing(thing) }]) {
      const { endpoint, events } = free(options);
      const { diagnostics } = await refused(await endpoint(ask(ofOne("a"))), 500, thing?.code === "trapped" ? "trapped" : "internal");
      assert.doesNotMatch(diagnostics, /database|text|misspelt|in here/);
      assert.equal(events.length, 1);
      assert.doesNotMatch(events[0].detail, /secret/);
    }
  }
  const busy = await free({ authorize: throwing(new WsbindError("too-many-requests", "later")) }).endpoint(ask(operation));
  assert.equal(busy.headers.get("Retry-After"), "5");
  await refused(busy, 429, "too-many-requests");
});

test("who authorize says it is", async () => {
  const by = (authorized) => free({ authorize: async () => authorized }).endpoint(ask(ofOne("a")));
  assert.equal((await granted(await by({ caller: "bob" }))).claims.sub, "bob");
  for (const nobody of [undefined, null]) {
    const response = await by(nobody);
    assert.equal(response.headers.get("WWW-Authenticate"), "Bearer");
    await refused(response, 401, "login-required");
  }
  for (const odd of ["", 7, {}, { caller: "" }, "\ud800"]) await refused(await by(odd), 500, "internal");
  const elsewhere = await by(new Response("over there", { status: 302, headers: { Location: "/login" } }));
  assert.deepEqual([elsewhere.status, elsewhere.headers.get("Location"), await elsewhere.text()], [302, "/login", "over there"]);
});

test("authorize is asked before a body is read, and after all that needs no caller", async () => {
  let asked = 0;
  const { endpoint } = free({ authorize: () => void asked++ });
  for (const request of [ask(operation, { method: "PUT" }), ask("/x"), ask(operation, { headers: { Accept: "image/png" } })]) await endpoint(request);
  assert.equal(asked, 0);
  const request = ask(operation, { body: "{" });
  await refused(await endpoint(request), 401, "login-required");
  assert.equal(request.bodyUsed, false);
});

test("a body that never ends is left where the bound is", async () => {
  let pulled = 0;
  const body = new ReadableStream({ pull: (controller) => void controller.enqueue(new Uint8Array(1000).fill(32), pulled++) }, { highWaterMark: 0 });
  const request = new Request(base + operation, { method: "POST", body, duplex: "half", headers: { "Content-Type": "application/json" } });
  await refused(await free({ maxBody: 5000 }).endpoint(request), 413, "too-large");
  assert.ok(pulled <= 8, `${pulled}`);
  const broken = new ReadableStream({ pull: () => { throw new Error("reset"); } });
  await refused(await free().endpoint(new Request(base + operation, { method: "POST", body: broken, duplex: "half" })), 400, "malformed-request");
});

test("a signer that fails is no fault of the caller's", async () => {
  for (const [err, code] of [[new WsbindError("signing-failed", "key of the bank"), "signing-failed"], [new WsbindError("invalid-key", "key of the bank"), "internal"], [new Error("key of the bank"), "internal"]]) {
    const { endpoint, events } = free({ issuer: { issue: () => Promise.reject(err) } });
    assert.doesNotMatch((await refused(await endpoint(ask(ofOne("a"))), 500, code)).diagnostics, /bank/);
    assert.match(events[0].detail, /bank/);
  }
});

const broken = { "at once": () => { throw new Error(); }, later: async () => { throw new Error(); } };
for (const [when, observe] of Object.entries(broken)) {
  test(`an observer that throws ${when} changes nothing`, async () => {
    const { endpoint } = free({ observe });
    await granted(await endpoint(ask(ofOne("a"))));
    await refused(await endpoint(ask(operation)), 400, "missing-parameter");
  });
}

test("pages of the origins on the list may call", async () => {
  const page = "https://app.example";
  const preflight = (origin, headers = {}) => ask(operation, { method: "OPTIONS", headers: { Authorization: undefined, Origin: origin, "Access-Control-Request-Method": "POST", ...headers } });
  const cors = (response) => Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("access-control") || name === "vary"));

  const { endpoint } = free({ cors: [page] });
  const allowed = await endpoint(preflight(page, { "Access-Control-Request-Headers": "authorization,traceparent" }));
  assert.equal(allowed.status, 204);
  assert.deepEqual(cors(allowed), {
    "access-control-allow-credentials": "true", "access-control-allow-headers": "authorization,traceparent", "access-control-allow-methods": "GET, HEAD, POST",
    "access-control-allow-origin": page, "access-control-expose-headers": "Allow, Retry-After, WWW-Authenticate", "access-control-max-age": "600", vary: "Access-Control-Request-Headers, Origin",
  });
  for (const request of [ask(ofOne("a"), { headers: { Origin: page } }), ask(operation, { headers: { Origin: page } }), ask(operation, { method: "PUT", headers: { Origin: page } })]) {
    const response = await endpoint(request);
    assert.deepEqual([response.headers.get("Access-Control-Allow-Origin"), response.headers.get("Vary")], [page, "Accept, Authorization, Origin"]);
  }
  await refused(await endpoint(preflight("https://evil.example")), 403, "origin-refused");
  for (const origin of ["https://evil.example", "null", `${page}.evil.example`, undefined]) {
    assert.deepEqual(cors(await endpoint(ask(ofOne("a"), { headers: { Origin: origin } }))), { vary: "Accept, Authorization, Origin" });
  }
  const everyone = await free({ cors: "*" }).endpoint(ask(ofOne("a"), { headers: { Origin: "null" } }));
  assert.deepEqual(cors(everyone), { "access-control-allow-origin": "*", "access-control-expose-headers": "Allow, Retry-After, WWW-Authenticate", vary: "Accept, Authorization" });
  assert.deepEqual(cors(await free().endpoint(ask(ofOne("a"), { headers: { Origin: page } }))), { vary: "Accept, Authorization" });
  await refused(await free().endpoint(preflight(page)), 403, "origin-refused");
  const given = await free({ cors: [page], authorize: () => Response.redirect("https://login.example") }).endpoint(ask(ofOne("a"), { headers: { Origin: page } }));
  assert.deepEqual([given.status, given.headers.get("Access-Control-Allow-Origin")], [302, page]);
});

test("callers are named by a hash of their bearer token", async () => {
  const { endpoint } = tokens({ server: having(subscription("a")) });
  const name = async (authorization) => (await granted(await endpoint(ask(ofOne("a"), { headers: { Authorization: authorization } })))).claims.sub;
  const ann = await name("Bearer secret-of-ann");
  assert.match(ann, /^caller-[\w-]{16}$/);
  assert.equal(await name("bearer  secret-of-ann "), ann);
  assert.notEqual(await name("Bearer secret-of-bob"), ann);
  for (const odd of [undefined, "Basic YW5uOnNlY3JldA==", "Bearer", "Bearer "]) {
    await refused(await endpoint(ask(ofOne("a"), { headers: { Authorization: odd } })), 401, "login-required");
  }
  const open = tokens({ server: having(subscription("a")), authorize: upstreamCaller({ anonymous: true }) }).endpoint;
  assert.equal((await granted(await open(ask(ofOne("a"), { headers: { Authorization: undefined } })))).claims.sub, "anonymous");
  await refused(await open(ask(ofOne("a"), { headers: { Authorization: "Basic x" } })), 401, "login-required");
});

test("a definition of one's own", async () => {
  const document = {
    resourceType: "OperationDefinition", url: "https://example.org/own", status: "active", kind: "operation", name: "Own", code: "get-ws-binding-token",
    system: false, type: false, instance: true, affectsState: true, resource: ["Subscription"],
    parameter: [["token", "string"], ["expiration", "dateTime"], ["websocket-url", "url"]].map(([name, type]) => ({ name, use: "out", min: 1, max: "1", type })),
  };
  const { endpoint } = free({ kit, definition: kit.define(document) });
  assert.deepEqual((await granted(await endpoint(ask(ofOne("a"))))).parameter.map(({ name }) => name), ["token", "expiration", "websocket-url"]);
  await refused(await endpoint(ask(operation)), 400, "wrong-level");
  assert.equal((await endpoint(ask(ofOne("a"), { method: "GET" }))).headers.get("Allow"), "POST");
});

test("options that cannot be meant are refused", () => {
  const good = { issuer: issuer({ key: key.jwk }), fhir: "R4", base, websocketUrl, authorize: () => "ann", resolve: (_caller, ids) => ids };
  tokenEndpoint(good);
  for (const [name, change] of Object.entries({
    issuer: { issuer: key.jwk }, fhir: { fhir: "R6" }, "fhir is undefined": { fhir: undefined }, base: { base: "/fhir" }, "a user": { base: "https://u:p@gate.example" },
    websocketUrl: { websocketUrl: "https://gate.example" }, "no URL": { websocketUrl: "ws" }, "in the clear": { websocketUrl: "ws://gate.example/ws" },
    authorize: { authorize: "ann" }, resolve: { resolve: undefined }, noIds: { noIds: "none" }, lifetime: { lifetime: 0 }, fractions: { lifetime: 1.5 }, "a day and more": { lifetime: 86401 },
    cors: { cors: "https://app.example" }, path: { cors: ["https://app.example/"] }, maxBody: { maxBody: "1" }, observe: { observe: [] }, kit: { kit: {} }, definition: { definition: "x" },
    "no such option": { lifeTime: 1 }, unproven: { authorize: upstreamCaller() },
  })) {
    assert.ok(thrown("invalid-option", () => tokenEndpoint({ ...good, ...change })), name);
  }
  for (const options of [{ base: upstream }, { base: upstream, fhir: "R4", content: [] }, { base: upstream, fhir: "R4", content: ["all"] }, { base: upstream, fhir: "R4", timeout: 0 }, { fhir: "R4" }, { base: upstream, fhir: "R4", headers: {} }]) {
    thrown("invalid-option", () => upstreamResolver(options));
  }
  thrown("invalid-option", () => upstreamCaller({ anonymus: true }));
});
