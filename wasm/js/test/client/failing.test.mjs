// What is tried again, how late, and what is given up with a reason.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WsbindError } from "wsbind";
import { outcome } from "./bundles.mjs";
import { json } from "./fake.mjs";
import { listening, Reader, settle, setup } from "./setup.mjs";

const s = 1000;

test("a lost connection is made anew, and what was missed comes from $events", async (t) => {
  const { server, clock, reader } = await listening(t);
  server.emit("s1", 2);
  await settle();
  server.sockets[0].shut(1006);
  server.emit("s1", 2);
  await clock.advance(1 * s);
  server.emit("s1", 1);
  await settle();
  assert.deepEqual(reader.numbers(), [1, 2, 3, 4, 5]);
  assert.deepEqual(reader.notifications.filter((n) => n.filled).map((n) => [n.type, n.events.length]), [["query-event", 2]]);
  assert.deepEqual(reader.states, ["connecting", "bound", "waiting", "connecting", "bound"]);
});

test("waits grow up to their bound, and begin anew after a session that lasted", async (t) => {
  const { server, clock, make } = setup(t, { firstWait: 1, longestWait: 8, random: () => 1 - Number.EPSILON });
  server.onOpen = () => "refused";
  const waits = [];
  const client = make();
  client.addEventListener("state", ({ detail }) => detail.state === "waiting" && waits.push(Math.round(detail.retryIn)));
  new Reader(client);
  await clock.advance(60 * s);
  assert.deepEqual(waits.slice(0, 6), [1, 2, 4, 8, 8, 8]);
  server.onOpen = () => true;
  await clock.advance(20 * s);
  assert.equal(client.state, "bound");
  waits.length = 0;
  server.open[0].shut(1011, "internal");
  await clock.advance(1 * s);
  assert.deepEqual(waits, [1]);
});

test("a server that closes as soon as it is bound is not asked ever faster", async (t) => {
  const { server, clock, make } = setup(t, { random: () => 0 });
  server.onBind = (socket) => {
    server.handshake("s1", socket);
    socket.shut(1011, "internal");
  };
  new Reader(make());
  await clock.advance(600 * s);
  assert.ok(server.sockets.length < 50, `${server.sockets.length} connections in ten minutes`);
});

test("attempts may be bounded", async (t) => {
  const { server, clock, make } = setup(t, { maxAttempts: 3 });
  server.onOpen = () => "connect ECONNREFUSED";
  const reader = new Reader(make());
  await clock.advance(60 * s);
  assert.equal(server.sockets.length, 3);
  assert.equal(reader.error.code, "connection-failed");
  assert.match(reader.error.message, /ECONNREFUSED/);
});

for (const [name, header, wait] of [["seconds", "90", 90], ["a date", "Sun, 01 Mar 2026 12:02:00 GMT", 120]]) {
  test(`Retry-After is honoured: ${name}`, async (t) => {
    for (const status of [429, 503]) {
      const { server, clock, make } = setup(t);
      server.answer("$get-ws-binding-token", () => json(status, "", { "Retry-After": header }));
      new Reader(make());
      await clock.advance((wait - 1) * s);
      assert.equal(server.requests.length, 1, `${status}: too early`);
      await clock.advance(2 * s);
      assert.ok(server.calls("$get-ws-binding-token").length === 2, `${status}: too late`);
    }
  });
}

test("a fetch that fails is tried again", async (t) => {
  const { server, clock, make } = setup(t);
  server.answer("$get-ws-binding-token", () => { throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") }); });
  const states = [];
  const client = make();
  client.addEventListener("state", ({ detail }) => states.push([detail.state, detail.reason?.code, detail.reason?.message]));
  new Reader(client);
  await clock.advance(1 * s);
  assert.deepEqual(states[1], ["waiting", "connection-failed", "$get-ws-binding-token failed: fetch failed (connect ECONNREFUSED)"]);
  assert.equal(client.state, "bound");
});

const finals = [
  [400, "malformed-request"], [401, "login-required"], [403, "forbidden"], [404, "not-found"], [405, "method-not-allowed"],
  [410, "gone"], [415, "malformed-request"], [422, "subscription-not-bindable"], [501, "malformed-request"],
];
for (const [status, code] of finals) {
  test(`${status} will not heal`, async (t) => {
    const { server, clock, make } = setup(t, { headers: { Authorization: "Bearer me" } });
    server.answer("$get-ws-binding-token", () => json(status, outcome("x", "what the server says")));
    const client = make();
    const reader = new Reader(client);
    await clock.advance(60 * s);
    assert.equal(reader.error?.code, code);
    assert.match(reader.error.message, new RegExp(`${status} \\(what the server says\\)`));
    assert.equal(server.requests.length, 1);
    assert.deepEqual([client.state, await client.closed, clock.pending], ["closed", reader.error, 0]);
  });
}

test("the reason is an event as well, without a loop", async (t) => {
  const { server, make } = setup(t);
  server.subscriptions.clear();
  const client = make();
  const reasons = [];
  client.addEventListener("close", ({ detail }) => reasons.push(detail.reason.code));
  client.start();
  await settle();
  assert.deepEqual(reasons, ["not-found"]);
  await assert.rejects(async () => { for await (const n of client) assert.fail(n.type); }, { code: "not-found" });
});

for (const status of [401, 403]) {
  test(`${status}: a headers function is asked once more, with refused`, async (t) => {
    const { server, make } = setup(t, {
      headers: ({ refused }) => ({ Authorization: refused ? "Bearer fresh" : "Bearer stale" }),
    });
    server.answer("$get-ws-binding-token", (r) => (r.headers.get("authorization") === "Bearer stale" ? json(status, "") : undefined), 10);
    const client = make();
    new Reader(client);
    await settle();
    assert.equal(client.state, "bound");
    assert.equal(server.calls("$get-ws-binding-token").length, 2);
  });

  test(`${status}: refused twice is given up`, async (t) => {
    const { server, make } = setup(t, { headers: () => ({ Authorization: "Bearer stale" }) });
    server.answer("$get-ws-binding-token", () => json(status, ""), 10);
    const reader = new Reader(make());
    await settle();
    assert.equal(reader.error.code, status === 401 ? "login-required" : "forbidden");
    assert.equal(server.requests.length, 2);
  });
}

test("headers that cannot be had are asked for again, and their error is the cause", async (t) => {
  const cause = new Error("the login server is away");
  let away = true;
  const { clock, make } = setup(t, { headers: async () => { if (away) throw cause; return {}; } });
  const client = make();
  const reasons = [];
  client.addEventListener("state", ({ detail }) => detail.reason && reasons.push(detail.reason));
  new Reader(client);
  await settle();
  assert.deepEqual([reasons[0].code, reasons[0].cause], ["login-required", cause]);
  away = false;
  await clock.advance(1 * s);
  assert.equal(client.state, "bound");
});

test("headers that say that there will be none end the client", async (t) => {
  const reason = new WsbindError("login-required", "signed out");
  const { make } = setup(t, { headers: () => { throw reason; } });
  const reader = new Reader(make());
  await settle();
  assert.equal(reader.error, reason);
});

test("a fetch whose answers have no stream is read all the same, and within bounds", async (t) => {
  const { server, make, clock } = setup(t, { maxAnswer: 2000, maxAttempts: 1 });
  const plain = (response) => ({ status: response.status, headers: response.headers, body: { pipe() {} }, arrayBuffer: () => response.arrayBuffer() });
  const fetch = async (...args) => plain(await server.fetch(...args));
  const client = make({ fetch });
  new Reader(client);
  await settle();
  assert.equal(client.state, "bound");
  server.answer("$get-ws-binding-token", () => json(200, " ".repeat(3000)));
  const reader = new Reader(make({ fetch }));
  await clock.advance(1);
  assert.equal(reader.error.code, "too-large");
});

test("what is not waited for any more is aborted", async (t) => {
  const { server, clock, make } = setup(t, { timeout: 3 });
  server.answer("$get-ws-binding-token", () => new Promise(() => {}), 2);
  const client = make();
  new Reader(client);
  await clock.advance(4 * s);
  assert.equal(server.requests[0].init.signal.aborted, true);
  assert.equal(server.requests[1].init.signal.aborted, false);
  client.close();
  await settle();
  assert.equal(server.requests[1].init.signal.aborted, true);
});

const breaking = [
  ["no Parameters", outcome("x", "y"), "wrong-resource-type"],
  ["no JSON", "<html>", "invalid-json"],
  ["no token", { resourceType: "Parameters", parameter: [{ name: "expiration", valueDateTime: "2026-03-01T13:00:00Z" }, { name: "websocket-url", valueUrl: "ws://h/" }] }, "missing-parameter"],
];
for (const [name, body, code] of breaking) {
  test(`an answer that breaks its definition is put up with a few times: ${name}`, async (t) => {
    const { server, clock, make } = setup(t);
    server.answer("$get-ws-binding-token", () => json(200, body), 100);
    const reader = new Reader(make());
    await clock.advance(120 * s);
    assert.equal(reader.error?.code, code);
    assert.ok(reader.error.issues.length > 0);
    assert.equal(server.requests.length, 8);
  });
}

test("a websocket without TLS where the base has it is refused, unless it is allowed", async (t) => {
  for (const allowWs of [false, true]) {
    const { server, make, clock } = setup(t, { allowWs, base: "https://server.example/fhir" });
    const client = make();
    const reader = new Reader(client);
    await clock.advance(1 * s);
    if (allowWs) assert.equal(client.state, "bound");
    else {
      assert.equal(reader.error.code, "invalid-primitive");
      assert.match(reader.error.message, /in the clear/);
      assert.equal(server.sockets.length, 0);
    }
  }
});

test("close reasons that will not heal end the client at once", async (t) => {
  const { server, reader } = await listening(t);
  server.sockets[0].shut(1008, "unknown-subscription");
  await settle();
  assert.equal(reader.error.code, "unknown-subscription");
});

test("a server that refuses its own tokens is given up after some", async (t) => {
  const { server, clock, make } = setup(t);
  server.onBind = (socket) => {
    server.outcome("invalid-token", "the signature is wrong", socket);
    socket.shut(1008, "invalid-token");
  };
  const reader = new Reader(make());
  await clock.advance(120 * s);
  assert.equal(reader.error.code, "invalid-token");
  assert.match(reader.error.message, /the signature is wrong/);
  assert.equal(server.sockets.length, 8);
});

test("an expired token is replaced at once where the session had been good", async (t) => {
  const { server, clock, reader } = await listening(t);
  await clock.advance(20 * s);
  server.outcome("expired-token", "Subscription/s1 is bound no more");
  server.sockets[0].shut(1008, "expired-token");
  server.emit("s1", 1);
  await clock.advance(0);
  assert.equal(server.sockets.length, 2);
  assert.deepEqual(reader.numbers(), [1]);
});

for (const status of ["off", "error", "entered-in-error"]) {
  test(`a notification with the status ${status} ends the client, after it was handed over`, async (t) => {
    const { server, reader } = await listening(t);
    server.send("s1", { type: "query-status", count: 0, status });
    await settle();
    assert.equal(reader.notifications.at(-1).status, status);
    assert.equal(reader.error?.code, "subscription-not-bindable");
    assert.match(reader.error.message, new RegExp(status));
  });
}

test("one Subscription in error does not harm its neighbour, which is renewed alone", async (t) => {
  const { server, clock, reader } = await listening(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"] });
  server.subscriptions.get("s1").status = "error";
  server.send("s1", { type: "query-status", count: 0, status: "error" });
  await settle();
  assert.deepEqual(reader.problems.map((p) => [p.error.code, p.subscription]), [["subscription-not-bindable", "s1"]]);
  await clock.advance(226 * s);
  const last = server.calls("$get-ws-binding-token").at(-1);
  assert.deepEqual(last.parameters, [{ name: "id", valueId: "s2" }].slice(0, last.id ? 0 : 1));
  server.emit("s2", 1);
  await settle();
  assert.deepEqual(reader.numbers("s2"), [1]);
  server.send("s1", { type: "handshake", count: 0, status: "active" });
  server.subscriptions.get("s1").status = "active";
  await clock.advance(250 * s);
  assert.deepEqual(server.calls("$get-ws-binding-token").at(-1).parameters.map((p) => p.valueId), ["s1", "s2"], "it was mended");
  server.send("s1", { type: "query-status", count: 0, status: "off" });
  server.send("s2", { type: "query-status", count: 1, status: "off" });
  await settle();
  assert.equal(reader.error?.code, "subscription-not-bindable");
});

test("a Subscription that is gone is found out, and its neighbours go on", async (t) => {
  const { server, clock, reader, client } = await listening(t, { subscriptions: ["s1", "s2", "s3"] }, { ids: ["s1", "s2", "s3"] });
  server.subscriptions.delete("s2");
  server.subscriptions.get("s3").status = "off";
  await clock.advance(226 * s);
  assert.deepEqual(reader.problems.map((p) => [p.error.code, p.subscription]), [["not-found", "s2"], ["subscription-not-bindable", "s3"]]);
  assert.equal(client.state, "bound");
  assert.equal(server.calls("$get-ws-binding-token").at(-1).id, "s1");
  server.subscriptions.delete("s1");
  await clock.advance(226 * s);
  assert.equal(reader.error?.code, "not-found");
});

test("never is a token asked for everything because what was named is gone", async (t) => {
  const { server, clock, reader } = await listening(t, { subscriptions: ["s1", "s2"], level: "type" }, { ids: ["s1", "s2", "other"] });
  for (const id of ["s1", "s2"]) server.subscriptions.get(id).status = "off";
  await clock.advance(226 * s);
  assert.equal(reader.error?.code, "subscription-not-bindable");
  assert.ok(server.calls("$get-ws-binding-token").every((r) => r.parameters.length > 0));
});

test("REST calls, the opening and the bind have their time", async (t) => {
  const stages = {
    "$get-ws-binding-token was not answered within 3 s": (server) => server.answer("$get-ws-binding-token", () => new Promise(() => {})),
    "the websocket ws://server.example/ws/1 did not open within 3 s": (server) => { server.onOpen = () => "hang"; },
    "the server did not answer the bind within 2 s": (server) => { server.onBind = () => {}; },
  };
  for (const [message, hang] of Object.entries(stages)) {
    const { server, clock, make } = setup(t, { timeout: 3, bindTimeout: 2, maxAttempts: 1 });
    hang(server);
    const reader = new Reader(make());
    await clock.advance(3 * s);
    assert.deepEqual([reader.error?.code, reader.error?.message], ["timeout", message]);
  }
});

test("an answer that never ends is cut off, by size and by time", async (t) => {
  const endless = (delay) => () => new Response(new ReadableStream({
    pull: (c) => (delay ? new Promise(() => {}) : c.enqueue(new Uint8Array(4096))),
  }), { status: 200 });
  const { server, clock, make } = setup(t, { maxAnswer: 100_000, timeout: 3, maxAttempts: 1 });
  server.answer("$get-ws-binding-token", endless(false));
  const reader = new Reader(make());
  await clock.advance(1);
  assert.equal(reader.error?.code, "too-large");
  server.answer("$get-ws-binding-token", endless(true));
  const second = new Reader(make());
  await clock.advance(4 * s);
  assert.equal(second.error?.code, "timeout");
});

test("a socket that is closed when the bind is due, with or without an error", async (t) => {
  for (const [state, send] of [[1, () => { throw new Error("closed"); }], [2, () => assert.fail("a browser would lose it")]]) {
    const { server, clock, make } = setup(t, { maxAttempts: 1 });
    server.onOpen = (socket) => {
      socket.send = send;
      socket.addEventListener("open", () => { socket.readyState = state; });
      return true;
    };
    const reader = new Reader(make());
    await clock.advance(1);
    assert.equal(reader.error?.code, "connection-lost");
  }
});

test("sockets that cannot be made are refused a few times", async (t) => {
  const { clock, make } = setup(t, {
    WebSocket: class { constructor(url) { throw new SyntaxError(`bad ${url}`); } },
  });
  const reader = new Reader(make());
  await clock.advance(60 * s);
  assert.equal(reader.error.code, "connection-failed");
  assert.match(reader.error.message, /SyntaxError/);
});
