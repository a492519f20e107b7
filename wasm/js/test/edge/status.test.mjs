// $status as the gate answers it: the server's Subscriptions, the store's counters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "wsbind";
import { statusEndpoint } from "wsbind/edge";
import { codesOf, thrown } from "../kit/support.mjs";
import { ask, base, having, json, naming, refused, server, statuses, subscription, upstream } from "./rest.mjs";

const kit = await load();
const ofType = "/Subscription/$status";
const ofOne = (id) => `/Subscription/${id}/$status`;
const search = (statuses = "") => `/Subscription?${statuses}_count=200`;
const bundle = (...resources) => ({ resourceType: "Bundle", type: "searchset", entry: resources.map((resource) => ({ resource })) });
const r5 = (id) => ({ resourceType: "Subscription", id, status: "active", topic: "https://fhir.example/topic", channelType: { code: "websocket" } });

/** What a searchset says: { self, "id": "status counter" }. */
async function read(response, fhir = "R4") {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  const { valid, issues } = kit.validateNotification(text, { fhir });
  assert.ok(valid, codesOf(issues).join());
  const { entry = [], link = [] } = JSON.parse(text);
  const found = entry.map(({ resource }) => {
    const value = (name) => resource.parameter?.find((one) => one.name === name);
    const id = (value("subscription")?.valueReference ?? resource.subscription).reference;
    const counter = value("events-since-subscription-start")?.valueString ?? resource.eventsSinceSubscriptionStart;
    return [id, `${value("status")?.valueCode ?? resource.status} ${counter}`];
  });
  return { self: link.find(({ relation }) => relation === "self")?.url, ...Object.fromEntries(found) };
}

test("one, with its counter", async () => {
  for (const [fhir, resource] of [["R4", subscription("a")], ["R4B", subscription("a")], ["R5", r5("a")]]) {
    const ann = having(resource);
    const { endpoint } = statuses({ fhir, server: ann, counts: { "events.a": 12 } });
    for (const method of ["GET", "POST"]) {
      const { self, ...found } = await read(await endpoint(ask(ofOne("a"), { method })), fhir);
      assert.deepEqual(found, { [`${base}/Subscription/a`]: "active 12" }, fhir);
    }
    assert.deepEqual([...ann.requests[0].headers], [["accept", "application/fhir+json"], ["authorization", "Bearer secret-of-ann"]]);
    const response = await endpoint(ask(ofOne("a"), { method: "HEAD" }));
    assert.deepEqual([response.status, await response.text()], [200, ""]);
    await refused(await endpoint(ask(ofOne("a"), { method: "PUT" })), 405, "method-not-allowed");
  }
});

test("several, and those that the caller does not have are left out", async () => {
  const some = server({
    "/Subscription/a": subscription("a"), "/Subscription/b": subscription("b", { status: "error" }), "/Subscription/hook": subscription("hook", { type: "rest-hook" }),
    "/Subscription/gone": () => json({}, 410), "/Subscription/foreign": () => json({}, 403),
  });
  const { endpoint } = statuses({ server: some, counts: { "events.b": 3 } });
  const [a, b] = [`${base}/Subscription/a`, `${base}/Subscription/b`];
  const by = async (path, body) => {
    const { self, ...found } = await read(await endpoint(body ? ask(path, { body }) : ask(path, { method: "GET" })));
    return found;
  };
  assert.deepEqual(await by(ofType, naming("b", "a", "b", "gone", "foreign", "hook", "unknown")), { [b]: "error 3", [a]: "active 0" });
  assert.deepEqual(await by(ofType, naming("unknown")), {});
  assert.deepEqual(await by(`${ofType}?id=a&id=b&status=error&status=off`), { [b]: "error 3" });
  assert.deepEqual(await by(`${ofType}?_format=json&id=a`), { [a]: "active 0" });
  assert.deepEqual(await by(ofType, { resourceType: "Parameters", parameter: [{ name: "id", valueId: "a" }, { name: "status", valueCode: "active" }] }), { [a]: "active 0" });
  assert.deepEqual(await by(`${ofOne("a")}?status=off`), {});
});

test("all, by a search", async () => {
  const ann = server({ [search()]: bundle(subscription("a"), subscription("hook", { type: "rest-hook" })), [search("status=error,off&")]: bundle(subscription("b", { status: "off" }), subscription("a")) });
  const { endpoint } = statuses({ server: ann });
  const all = await read(await endpoint(ask(ofType)));
  assert.deepEqual(all, { self: `${base}${ofType}`, [`${base}/Subscription/a`]: "active 0" });
  const broken = await read(await endpoint(ask(`${ofType}?status=error&status=off`, { method: "GET", url: "http://other.name/fhir" })));
  assert.deepEqual(broken, { self: `${base}${ofType}?status=error&status=off`, [`${base}/Subscription/b`]: "off 0" });
});

test("what is refused", async () => {
  const some = server({
    "/Subscription/gone": () => json({}, 410), "/Subscription/foreign": () => json({}, 403), "/Subscription/hook": subscription("hook", { type: "rest-hook" }),
    "/Subscription/login": () => json({}, 401), "/Subscription/down": () => json({}, 500), "/Subscription/a": subscription("a"),
  });
  const { endpoint, events } = statuses({ server: some, counts: {} });
  const ids = (count) => naming(...Array.from({ length: count }, (_, i) => `s${i}`));
  for (const [path, options, status, code] of [
    [ofOne("unknown"), {}, 404, "not-found"], [ofOne("a_b"), {}, 404, "not-found"], [ofOne("gone"), {}, 410, "gone"], [ofOne("foreign"), {}, 403, "forbidden"],
    [ofOne("hook"), {}, 422, "unsupported-channel"], [ofOne("login"), {}, 401, "login-required"], [ofType, { body: naming("a", "login") }, 401, "login-required"],
    [ofType, { body: naming("a", "down") }, 503, "upstream-unavailable"], [ofType, { body: ids(1001) }, 400, "too-many-parameters"],
    [`${ofType}?status=dead`, { method: "GET" }, 400, "invalid-query"], [`${ofType}?ids=a`, { method: "GET" }, 400, "unknown-parameter"], [ofType, { body: "{" }, 400, "invalid-json"],
    [ofType, { body: "<a/>", headers: { "Content-Type": "text/xml" } }, 415, "unsupported-media-type"], [ofType, { headers: { Accept: "text/xml" } }, 406, "not-acceptable"],
    ["/$status", {}, 400, "wrong-level"], ["/Patient/$status", {}, 404, "unknown-operation"], ["/Subscription/a/$get-ws-binding-token", {}, 404, "unknown-operation"], ["/Subscription/a", {}, 404, "not-found"],
  ]) await refused(await endpoint(ask(path, options)), status, code);
  assert.deepEqual(events.map(({ event, code }) => [event, code]), [["request-failed", "upstream-unavailable"]]);
});

test("there is no $events, and why", async () => {
  const { endpoint } = statuses({ server: server() });
  for (const path of ["/Subscription/a/$events", "/Subscription/a/$resend"]) {
    assert.match((await refused(await endpoint(ask(path, { method: "GET" })), 404, "unknown-operation")).diagnostics, /^\$(events|resend) is absent behind this gate, .* keeps none/);
  }
});

test("a store that cannot be reached", async () => {
  const store = { count: () => Promise.reject(new Error("redis is down")) };
  const { endpoint, events } = statuses({ server: having(subscription("a")), store });
  const response = await endpoint(ask(ofOne("a")));
  assert.equal(response.headers.get("Retry-After"), "5");
  assert.doesNotMatch((await refused(response, 503, "store-unavailable")).diagnostics, /redis/);
  assert.deepEqual(events, [{ event: "store-failed", code: "store-unavailable", detail: "the gate's store cannot be reached: ask again later: redis is down" }]);
});

test("pages of the origins on the list may call", async () => {
  const { endpoint } = statuses({ server: having(subscription("a")), cors: ["https://app.example"] });
  const headers = { Origin: "https://app.example", "Access-Control-Request-Method": "GET" };
  assert.equal((await endpoint(ask(ofOne("a"), { method: "OPTIONS", headers }))).status, 204);
  assert.equal((await endpoint(ask(ofOne("a"), { headers }))).headers.get("Access-Control-Allow-Origin"), "https://app.example");
});

test("options that cannot be meant are refused", () => {
  const good = { fhir: "R4", base, upstream: { base: upstream }, store: { count: async () => 0 } };
  statusEndpoint(good);
  for (const change of [{ fhir: undefined }, { base: "x" }, { upstream: undefined }, { upstream }, { upstream: { base: upstream, headers: {} } }, { upstream: { base: upstream, concurrency: 0 } }, { store: {} }, { maxBody: 0 }, { authorize: () => "ann" }, { now: 1 }]) {
    thrown("invalid-option", () => statusEndpoint({ ...good, ...change }));
  }
});
