// Which Subscriptions may be bound, as the FHIR server says to the caller: from a
// server that is a fetch, and from the mock server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { issuer } from "wsbind";
import { tokenEndpoint, upstreamCaller, upstreamResolver } from "wsbind/edge";
import { settle, VirtualClock } from "../client/clock.mjs";
import { subscription as real } from "../client/world.mjs";
import { startMock } from "../mock.mjs";
import { requests } from "./requests.mjs";
import { ask, granted, having, json, key, naming, ofOne, operation, refused, server, subscription, tokens, upstream, websocketUrl } from "./rest.mjs";

const search = "/Subscription?status=requested,active&_count=200";
const bundle = (resources, ...links) => ({ resourceType: "Bundle", type: "searchset", link: links.map(([relation, url]) => ({ relation, url })), entry: resources.map((resource) => ({ resource })) });

test("the server is asked with the caller's credential, and told nothing else", async () => {
  const ann = having(subscription("a"), subscription("b", { status: "requested" }));
  const { endpoint } = tokens({ server: ann });
  const headers = { Cookie: "session=1", "X-Forwarded-For": "1.2.3.4", Origin: "https://app.example", Prefer: "handling=lenient" };
  assert.deepEqual((await granted(await endpoint(ask(operation, { body: naming("b", "a"), headers })))).subscriptions, ["b", "a"]);
  assert.deepEqual(ann.requests.map(({ method, path, redirect }) => [method, path, redirect]), [["GET", "/Subscription/b", "manual"], ["GET", "/Subscription/a", "manual"]]);
  for (const request of ann.requests) assert.deepEqual([...request.headers], [["accept", "application/fhir+json"], ["authorization", "Bearer secret-of-ann"]]);
});

test("one that may not be bound, and no token is issued", async () => {
  const answers = {
    "/Subscription/good": subscription("good"),
    "/Subscription/deleted": () => json({}, 410), "/Subscription/foreign": () => json({ resourceType: "OperationOutcome", issue: [{ diagnostics: "of Bob's" }] }, 404),
    "/Subscription/hook": subscription("hook", { type: "rest-hook" }), "/Subscription/off": subscription("off", { status: "off" }), "/Subscription/error": subscription("error", { status: "error" }),
    "/Subscription/other": subscription("good"), "/Subscription/patient": { resourceType: "Patient", id: "patient" }, "/Subscription/page": () => new Response("<html>"),
  };
  const texts = new Set();
  for (const [id, status, code] of [
    ["unknown", 404, "not-found"], ["deleted", 404, "not-found"], ["foreign", 404, "not-found"],
    ["hook", 422, "subscription-not-bindable"], ["off", 422, "subscription-not-bindable"], ["error", 422, "subscription-not-bindable"],
    ["other", 502, "upstream-refused"], ["patient", 502, "upstream-refused"], ["page", 502, "upstream-refused"],
  ]) {
    const { endpoint, events } = tokens({ server: server(answers) });
    const issue = await refused(await endpoint(ask(operation, { body: naming("good", id) })), status, code);
    assert.deepEqual(issue.expression, status < 500 ? ["Parameters.parameter.where(name='id')[1]"] : undefined, id);
    assert.equal((await refused(await endpoint(ask(ofOne(id))), status, code)).expression, undefined);
    if (status === 404) texts.add(issue.diagnostics.replace(id, "…"));
    assert.ok(events.every(({ event }) => event === "token-refused"));
  }
  assert.equal(texts.size, 1);
});

test("an id that is a path's dots is not asked for", async () => {
  const nothing = server();
  const { endpoint } = tokens({ server: nothing });
  for (const id of [".", ".."]) await refused(await endpoint(ask(operation, { body: naming(id) })), 404, "not-found");
  assert.deepEqual(nothing.requests, []);
});

test("R5 is read as R5 has it", async () => {
  const { endpoint } = tokens({ fhir: "R5", server: having({ resourceType: "Subscription", id: "a", status: "active", topic: "https://fhir.example/topic", channelType: { code: "websocket" } }) });
  await granted(await endpoint(ask(ofOne("a"))));
  await refused(await tokens({ fhir: "R4", server: having({ resourceType: "Subscription", id: "a", status: "active", topic: "https://fhir.example/topic", channelType: { code: "websocket" } }) }).endpoint(ask(ofOne("a"))), 422, "subscription-not-bindable");
});

test("what the gate cannot serve gets no token", async () => {
  const { endpoint } = tokens({ server: having(subscription("empty"), subscription("full", { content: "full-resource" })), resolver: { content: ["empty"] } });
  await granted(await endpoint(ask(ofOne("empty"))));
  assert.match((await refused(await endpoint(ask(ofOne("full"))), 422, "unsupported-content")).diagnostics, /asks for full-resource, here is empty only: .* fetchResources/);
});

test("how the server refuses and fails is passed on", async () => {
  for (const [answer, status, code, headers = {}] of [
    [() => json({}, 401, { "WWW-Authenticate": 'Bearer error="invalid_token"' }), 401, "login-required", { "WWW-Authenticate": 'Bearer error="invalid_token"' }],
    [() => json({}, 401), 401, "login-required", { "WWW-Authenticate": "Bearer" }],
    [() => json({}, 403), 403, "forbidden"],
    [() => json({}, 429, { "Retry-After": "7" }), 429, "too-many-requests", { "Retry-After": "7" }],
    [() => json({}, 500), 503, "upstream-unavailable", { "Retry-After": "5" }],
    [() => json({}, 503, { "Retry-After": "120" }), 503, "upstream-unavailable", { "Retry-After": "120" }],
    [() => { throw new TypeError("getaddrinfo inside.example"); }, 503, "upstream-unavailable", { "Retry-After": "5" }],
    [() => json({}, 302, { Location: "https://evil.example" }), 502, "upstream-refused"],
    [() => json({}, 400), 502, "upstream-refused"],
    [() => new Response("x".repeat(1001)), 502, "upstream-refused"],
    [() => new Response("", { headers: { "Content-Length": "1001" } }), 502, "upstream-refused"],
    [() => new Response(new ReadableStream({ pull: () => { throw new Error("reset"); } })), 503, "upstream-unavailable"],
  ]) {
    for (const noIds of ["all", "fail"]) {
      const { endpoint } = tokens({ noIds, server: server({ "/Subscription/a": answer, [search]: answer }), resolver: { maxBytes: 1000 } });
      const response = await endpoint(noIds === "all" ? ask(operation) : ask(ofOne("a")));
      for (const [name, value] of Object.entries(headers)) assert.equal(response.headers.get(name), value);
      assert.doesNotMatch((await refused(response, status, code)).diagnostics, /inside|evil/);
    }
  }
});

test("an answer that does not come is not waited for", async () => {
  const clock = new VirtualClock();
  for (const answer of [() => new Promise(() => {}), () => new Response(new ReadableStream())]) {
    const slow = server({ "/Subscription/a": answer });
    const { endpoint } = tokens({ server: slow, resolver: { timeout: 3, clock } });
    const response = endpoint(ask(ofOne("a")));
    while (clock.pending === 0) await settle();
    await clock.advance(2999);
    assert.equal(slow.requests[0].signal.aborted, false);
    await clock.advance(1);
    assert.match((await refused(await response, 503, "upstream-unavailable")).diagnostics, /within 3 s/);
    assert.equal(slow.requests[0].signal.aborted, true);
  }
  assert.equal(clock.pending, 0);
});

test("who leaves is not asked for", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const slow = server({ "/Subscription/a": () => new Promise(() => {}) });
  const response = tokens({ server: slow, resolver: { clock } }).endpoint(new Request(ask(ofOne("a")), { signal: controller.signal }));
  while (slow.requests.length === 0) await settle();
  controller.abort();
  await refused(await response, 499, "aborted");
  assert.deepEqual([slow.requests[0].signal.aborted, clock.pending], [true, 0]);
});

test("a few at a time, none after one that failed, and the first in order is told", async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `s${i}`);
  let open = 0;
  let most = 0;
  const waiting = new Map();
  const answer = (id) => () => {
    most = Math.max(most, ++open);
    return new Promise((resolve) => waiting.set(id, (status = 200) => { open--; waiting.delete(id); resolve(json(subscription(id), status)); }));
  };
  const slow = server(Object.fromEntries(ids.map((id) => [`/Subscription/${id}`, answer(id)])));
  const { endpoint } = tokens({ server: slow });
  const all = endpoint(ask(operation, { body: naming(...ids) }));
  for (let done = 0; done < ids.length; ) {
    await settle();
    for (const finish of [...waiting.values()].reverse()) finish(void done++);
  }
  assert.deepEqual((await granted(await all)).subscriptions, ids);
  assert.equal(most, 6);

  slow.requests.length = 0;
  const failing = endpoint(ask(operation, { body: naming(...ids) }));
  while (waiting.size < 6) await settle(); // a hash is made on another thread
  waiting.get("s4")(404);
  await settle();
  waiting.get("s1")(404);
  for (const finish of waiting.values()) finish();
  assert.deepEqual((await refused(await failing, 404, "not-found")).expression, ["Parameters.parameter.where(name='id')[1]"]);
  assert.equal(slow.requests.length, 6);
});

test("all that may be bound, page by page", async () => {
  const pages = server({
    [search]: bundle([subscription("a"), subscription("hook", { type: "email" }), subscription("full", { content: "full-resource" })], ["self", `${upstream}${search}`], ["next", `${upstream}?page=2`]),
    "?page=2": bundle([subscription("b"), { resourceType: "OperationOutcome" }, { resourceType: "Subscription" }, subscription("off", { status: "off" })], ["next", "https://gate.example/fhir/more?page=3"]),
    "/more?page=3": bundle([subscription("a"), subscription("c")], ["next", "Subscription?page=4"]),
    "/Subscription?page=4": { resourceType: "Bundle", type: "searchset" },
  });
  const { endpoint } = tokens({ noIds: "all", server: pages, resolver: { content: ["empty"], publicBase: "https://gate.example/fhir" } });
  // A relative link is relative to the page that it is on.
  pages.requests.length = 0;
  const relative = await endpoint(ask(operation));
  assert.deepEqual((await granted(relative)).subscriptions, ["a", "b", "c"]);
  assert.deepEqual(pages.requests.map(({ path }) => path), [search, "?page=2", "/more?page=3", "/Subscription?page=4"]);
  await refused(await tokens({ noIds: "all", server: server({ [search]: bundle([]) }) }).endpoint(ask(operation)), 422, "no-subscriptions");
});

test("the credential follows no page off the base, and not without end", async () => {
  for (const next of ["https://evil.example/R4?page=2", `${upstream}x?page=2`, "https://inside.example/other", "//evil.example/R4/", "http://inside.example/R4/x", "/", `${upstream}/../admin`, "http://["]) {
    const pages = server({ [search]: bundle([subscription("a")], ["next", next]) });
    await refused(await tokens({ noIds: "all", server: pages }).endpoint(ask(operation)), 502, "upstream-refused");
    assert.equal(pages.requests.length, 1, next);
  }
  const endless = server({ [search]: bundle([], ["next", upstream + search]) });
  await refused(await tokens({ noIds: "all", server: endless }).endpoint(ask(operation)), 400, "too-many-parameters");
  assert.equal(endless.requests.length, 20);
  for (const answer of [{ resourceType: "Patient" }, [], null, () => new Response("")]) {
    await refused(await tokens({ noIds: "all", server: server({ [search]: answer }) }).endpoint(ask(operation)), 502, "upstream-refused");
  }
});

test("in front of the mock server, each caller binds what is hers", async (t) => {
  const mock = await startMock({ args: ["--require-auth"] });
  t.after(() => mock.stop());
  for (const fhir of ["R4", "R4B", "R5"]) {
    const base = mock.base(fhir);
    const as = (name) => ({ Authorization: `Bearer ${name}`, "Content-Type": "application/fhir+json" });
    for (const [id, name] of [["a", "ann"], ["b", "ann"], ["c", "bob"], ["d", "ann"]]) {
      const created = await fetch(`${base}/Subscription/${id}`, { method: "PUT", headers: as(name), body: JSON.stringify(real(fhir, id)) });
      assert.equal(created.status, 201, await created.text());
    }
    await fetch(`${base}/Subscription/d`, { method: "DELETE", headers: as("ann") });
    const endpoint = tokenEndpoint({
      issuer: issuer({ key: key.jwk }), fhir, base: "https://gate.example/fhir", websocketUrl, noIds: "all",
      authorize: upstreamCaller(), resolve: upstreamResolver({ base, fhir }),
    });
    // The gate answers as the server itself does.
    for (const [name, path, body] of [
      ["ann", operation], ["ann", operation, naming("b", "a")], ["ann", operation, naming("a", "c")], ["ann", operation, naming("a", "unknown")], ["ann", operation, naming("d")],
      ["ann", ofOne("a")], ["ann", ofOne("a"), naming("c")], ["bob", ofOne("a")], ["bob", operation], ["eve", operation], ["eve", ofOne("d")],
    ]) {
      const options = { method: "POST", headers: as(name), ...(body && { body: JSON.stringify(body) }) };
      const [ours, theirs] = await Promise.all([endpoint(new Request(`https://gate.example/fhir${path}`, options)), fetch(base + path, options)]);
      const [told, expected] = [summary(await ours.json()), summary(await theirs.json())];
      assert.deepEqual([ours.status, told], [theirs.status, expected], `${fhir} ${name} ${path} ${JSON.stringify(body)}`);
    }
    await refused(await endpoint(new Request(`https://gate.example/fhir${operation}`, { method: "POST" })), 401, "login-required");
  }
});

test("requests are read as the mock server reads them", async (t) => {
  const mock = await startMock();
  t.after(() => mock.stop());
  for (const fhir of ["R4", "R4B", "R5"]) {
    const inside = mock.base(fhir);
    for (const id of ["a", "b", "x"]) await fetch(ask(`/Subscription/${id}`, { method: "PUT", body: real(fhir, id), url: inside }));
    const { endpoint } = tokens({ fhir, noIds: "all", resolver: { base: inside }, server: { fetch } });
    for (const [name, { query = "", ...request }] of requests) {
      for (const path of [operation, ofOne("x"), "/$get-ws-binding-token", "/Patient/$get-ws-binding-token"]) {
        const asked = { method: "POST", ...request };
        const [ours, theirs] = [await endpoint(ask(path + query, asked)), await fetch(ask(path + query, { ...asked, url: inside }))];
        assert.deepEqual([ours.status, ours.headers.get("Allow"), ours.headers.get("Content-Type"), summary(await ours.json())], [theirs.status, theirs.headers.get("Allow"), theirs.headers.get("Content-Type"), summary(await theirs.json())], `${fhir}, ${name}, ${path}`);
      }
    }
  }
});

/** What two answers have in common: whose they are, or what is wrong. */
function summary({ resourceType, parameter, issue }) {
  if (resourceType === "Parameters") return parameter.filter(({ name }) => name === "subscription").map(({ valueString }) => valueString).sort();
  return issue.map(({ severity, code, details, expression }) => ({ severity, code, ours: details.coding[0].code, expression }));
}
