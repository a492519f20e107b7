// The front: who answers what, and what is passed on to the FHIR server, and how.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { front } from "wsbind/edge";
import { VirtualClock } from "../client/clock.mjs";
import { subscription as real } from "../client/world.mjs";
import { thrown } from "../kit/support.mjs";
import { startMock } from "../mock.mjs";
import { ask, base, granted, refused, statuses, tokens, upstream, websocketUrl } from "./rest.mjs";

const named = (name) => async () => new Response(name);

/** A front of parts that say who they are. */
function make({ server: { fetch } = {}, proxied = {}, ...options } = {}) {
  const events = [];
  const route = front({ base, websocketUrl, endpoint: named("endpoint"), status: named("status"), upstream: { base: upstream, fetch, ...proxied }, observe: (event) => events.push(event), ...options });
  return { route, events };
}

/** A server that answers everything. */
function echo(answer = () => new Response("server")) {
  const requests = [];
  return { requests, fetch: async (url, init) => (requests.push({ url, ...init, headers: new Headers(init.headers) }), answer(url, init)) };
}

test("who answers what", async () => {
  const { route } = make({ server: echo(), gate: named("gate") });
  for (const [path, expected] of [
    ["/fhir/Subscription/$get-ws-binding-token", "endpoint"], ["/fhir/Subscription/a/$get-ws-binding-token", "endpoint"], ["/fhir/Subscription/a/%24get-ws-binding-token/", "endpoint"],
    ["/fhir/$get-ws-binding-token", "endpoint"], ["/fhir/Patient/$get-ws-binding-token?x=y", "endpoint"],
    ["/fhir/Subscription/$status", "status"], ["/fhir/Subscription/a/$status", "status"], ["/fhir/Subscription/a/$events", "status"], ["/fhir/Subscription/a/$resend", "status"],
    ["/fhir/Patient/$status", "server"], ["/fhir/Subscription/a", "server"], ["/fhir", "server"], ["/fhir/", "server"], ["/fhir/metadata", "server"], ["/ws", "gate"], ["/ws?x", "gate"],
  ]) {
    assert.equal(await (await route(ask(path, { url: "https://gate.example" }))).text(), expected, path);
  }
  for (const path of ["/", "/fhirs", "/ws/", "/wsx", "/fhir/../admin", "/fhir/%2e%2e/admin"]) await refused(await route(ask(path, { url: "https://gate.example" })), 404, "not-found");
});

test("parts that are not there", async () => {
  assert.equal(await make().route(ask("/ws", { url: "https://gate.example" })), undefined);
  const without = make({ server: echo(), status: undefined }).route;
  for (const path of ["/Subscription/a/$status", "/Subscription/a/$events"]) assert.equal(await (await without(ask(path))).text(), "server");
  const alone = make({ proxy: false, upstream: undefined }).route;
  await refused(await alone(ask("/Patient/1")), 404, "not-found");
  assert.equal(await (await alone(ask("/Subscription/$status"))).text(), "status");
});

test("nothing is passed on that the server might take for another path", async () => {
  const server = echo();
  const { route } = make({ server });
  for (const path of ["/a%2Fb", "/a/..%2F..%2Fadmin", "/a/..%5Cadmin", "/%2e%2e%2fadmin", "/a%00", "/%zz"]) await refused(await route(ask(path)), 400, "malformed-request");
  assert.deepEqual(server.requests, []);
  await route(ask("/Observation?code=a%2Fb%20c&x=../.."));
  await route(ask("/Patient//1/"));
  assert.deepEqual(server.requests.map(({ url }) => url), [`${upstream}/Observation?code=a%2Fb%20c&x=../..`, `${upstream}/Patient//1/`]);
});

test("headers of the connection, and what a client says of its way, are not passed on", async () => {
  const server = echo(() => new Response("x", { status: 201, headers: { Connection: "close, X-Hop", "Keep-Alive": "5", "X-Hop": "1", Trailer: "x", ETag: 'W/"1"', "WWW-Authenticate": "Bearer" } }));
  const { route } = make({ server, proxied: { clientAddress: (request) => request.headers.get("CF-Connecting-IP") ?? undefined } });
  const headers = {
    Host: "evil.example", Connection: "Upgrade, X-Secret", Upgrade: "websocket", "X-Secret": "1", TE: "trailers", "Proxy-Authorization": "x", Forwarded: "for=6.6.6.6", "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Host": "evil.example", "X-Real-IP": "6.6.6.6", "If-Match": 'W/"1"', Prefer: "return=minimal", "Accept-Encoding": "br", "CF-Connecting-IP": "1.2.3.4",
  };
  // Request would refuse some of them.
  const request = { url: `${base}/Patient/1`, method: "GET", headers: new Headers(headers), body: null };
  const response = await route(request);
  const [passed] = server.requests;
  assert.deepEqual(Object.fromEntries(passed.headers), {
    "accept-encoding": "identity", "cf-connecting-ip": "1.2.3.4", "if-match": 'W/"1"', prefer: "return=minimal",
    "x-forwarded-for": "1.2.3.4", "x-forwarded-host": "gate.example", "x-forwarded-prefix": "/fhir", "x-forwarded-proto": "https",
  });
  assert.equal(passed.redirect, "manual");
  assert.equal(response.status, 201);
  assert.deepEqual(Object.fromEntries(response.headers), { "content-type": "text/plain;charset=UTF-8", etag: 'W/"1"', "www-authenticate": "Bearer" });
});

test("Location leads to where the client came from", async () => {
  for (const [given, expected] of [
    [`${upstream}/Patient/1/_history/1`, `${base}/Patient/1/_history/1`], ["Patient/1", `${base}/Patient/1`], ["/R4/Patient/1", `${base}/Patient/1`], [upstream, base], [`${upstream}?x`, `${base}?x`],
    ["/login", "/login"], ["https://elsewhere.example/x", "https://elsewhere.example/x"], [`${upstream}x/y`, `${upstream}x/y`], [`${base}/Patient/1`, `${base}/Patient/1`], ["http://[", "http://["],
  ]) {
    const { route } = make({ server: echo(() => new Response(null, { status: 307, headers: { Location: given, "Content-Location": given } })) });
    const response = await route(ask("/Patient", { body: {} }));
    assert.deepEqual([response.status, response.headers.get("Location"), response.headers.get("Content-Location")], [307, expected, expected]);
  }
});

test("answers without a body stay so", async () => {
  for (const status of [204, 304]) assert.equal((await make({ server: echo(() => new Response(null, { status })) }).route(ask("/Patient/1"))).status, status);
});

test("a server that cannot be reached, or does not answer in time", async () => {
  const down = make({ server: echo(() => { throw new TypeError("inside.example refused secret-of-ann"); }) });
  assert.doesNotMatch((await refused(await down.route(ask("/Patient/1")), 503, "upstream-unavailable")).diagnostics, /inside/);
  assert.deepEqual(down.events, [{ event: "request-failed", code: "upstream-unavailable", detail: "the FHIR server cannot be reached: ask again later: inside.example refused …" }]);

  const clock = new VirtualClock();
  const slow = echo(() => new Promise(() => {}));
  const response = make({ server: slow, proxied: { clock, timeout: 2 } }).route(ask("/Patient/1"));
  await clock.advance(2000);
  assert.match((await refused(await response, 503, "upstream-unavailable")).diagnostics, /within 2 s/);
  assert.equal(slow.requests[0].signal.aborted, true);

  const controller = new AbortController();
  const left = make({ server: slow, proxied: { clock } }).route(new Request(ask("/Patient/1"), { signal: controller.signal }));
  controller.abort();
  await refused(await left, 499, "aborted");
  assert.deepEqual([slow.requests[1].signal.aborted, clock.pending], [true, 0]);
});

/** A server on a socket, for what no fake fetch has: streams, codings, redirects. */
async function listen(t, handler) {
  const http = createServer(handler);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => { http.closeAllConnections(); http.close(); });
  return `http://127.0.0.1:${http.address().port}/R4`;
}

test("bodies are streamed, both ways", async (t) => {
  const received = [];
  const url = await listen(t, async (request, response) => {
    response.writeHead(200, { "Content-Type": "application/fhir+json" });
    for await (const chunk of request) {
      received.push(String(chunk));
      response.write(`got ${chunk}`);
    }
    response.end("over");
  });
  const { route } = make({ upstream: { base: url } });
  let upload;
  const body = new ReadableStream({ start: (controller) => { upload = controller; } });
  const sending = route(new Request(`${base}/Binary`, { method: "POST", body, duplex: "half" }));
  upload.enqueue(new TextEncoder().encode("first"));
  const response = await sending;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "got first");
  assert.deepEqual(received, ["first"]);
  upload.enqueue(new TextEncoder().encode("second"));
  assert.equal((await reader.read()).value, "got second");
  upload.close();
  assert.equal((await reader.read()).value, "over");
  assert.equal((await reader.read()).done, true);
});

test("a body whose length is known keeps it, and a coding is undone as a whole", async (t) => {
  const seen = [];
  const url = await listen(t, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push([request.method, request.url, body, request.headers["content-length"], request.headers["accept-encoding"], request.headers.host]);
    const zipped = gzipSync('{"resourceType":"Patient"}');
    response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": zipped.length, "Set-Cookie": ["a=1", "b=2"] });
    response.end(request.method === "HEAD" ? undefined : zipped);
  });
  const { route } = make({ upstream: { base: url } });
  const response = await route(ask("/Patient/1?_pretty=true", { method: "PUT", body: { resourceType: "Patient" }, headers: { "Content-Length": "26" } }));
  assert.deepEqual([await response.json(), response.headers.get("Content-Encoding"), response.headers.getSetCookie()], [{ resourceType: "Patient" }, null, ["a=1", "b=2"]]);
  assert.equal((await route(ask("/Patient/1", { method: "HEAD" }))).status, 200);
  const { host } = new URL(url);
  assert.deepEqual(seen, [["PUT", "/R4/Patient/1?_pretty=true", '{"resourceType":"Patient"}', "26", "identity", host], ["HEAD", "/R4/Patient/1", "", undefined, "identity", host]]);
});

test("a client that leaves while it is answered lets the server go", async (t) => {
  let closed;
  const gone = new Promise((resolve) => { closed = resolve; });
  const url = await listen(t, (request, response) => {
    response.on("close", closed);
    response.write("first");
  });
  const response = await make({ upstream: { base: url } }).route(ask("/Patient", { method: "GET" }));
  const reader = response.body.getReader();
  await reader.read();
  await reader.cancel();
  await gone;
});

test("a whole deployment in front of the mock server", async (t) => {
  const mock = await startMock();
  t.after(() => mock.stop());
  const inside = mock.base("R4");
  const gate = { base, fhir: "R4" };
  const { endpoint } = tokens({ server: { fetch }, resolver: { base: inside } });
  const { endpoint: status } = statuses({ server: { fetch }, read: { base: inside }, counts: { "events.a": 4 } });
  const route = front({ base: gate.base, websocketUrl, endpoint, status, upstream: { base: inside } });
  const created = await route(ask("/Subscription/a", { method: "PUT", body: real("R4", "a") }));
  assert.equal(created.status, 201, await created.text());
  assert.match(created.headers.get("Location"), /^https:\/\/gate\.example\/fhir\/Subscription\/a\/_history\/1$/);
  assert.equal((await (await route(ask("/Subscription/a", { method: "GET" }))).json()).id, "a");
  assert.deepEqual((await granted(await route(ask("/Subscription/a/$get-ws-binding-token", { method: "GET" })))).subscriptions, ["a"]);
  assert.match(await (await route(ask("/Subscription/a/$status"))).text(), /"valueString":"4"/);
  await refused(await route(ask("/Subscription/a/$events")), 404, "unknown-operation");
  assert.equal((await (await route(ask("/metadata", { method: "GET" }))).json()).resourceType, "CapabilityStatement");
  assert.equal((await route(ask("/Subscription/a", { method: "DELETE" }))).status, 204);
  await refused(await route(ask("/Subscription/a/$get-ws-binding-token")), 404, "not-found");
});

test("options that cannot be meant are refused", () => {
  const good = { base, websocketUrl, endpoint: named("endpoint"), upstream: { base: upstream } };
  front(good);
  for (const change of [{ base: "x" }, { websocketUrl: "x" }, { endpoint: undefined }, { status: {} }, { gate: 1 }, { upstream: undefined }, { upstream }, { upstream: { base: "x" } }, { upstream: { base: upstream, timeout: 0 } }, { upstream: { base: upstream, clientAddress: "1.2.3.4" } }, { upstream: { base: upstream, headers: {} } }, { proxy: "no" }, { observe: 1 }, { endPoint: 1 }]) {
    thrown("invalid-option", () => front({ ...good, ...change }));
  }
});
