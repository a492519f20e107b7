// Callers, runtimes and servers at their worst: whatever they do, the client ends
// when it is told to, says what is wrong, and leaves nothing behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SubscriptionClient, WsbindError } from "wsbind";
import { outcome } from "./bundles.mjs";
import { json } from "./fake.mjs";
import { kit, listening, Reader, settle, setup } from "./setup.mjs";

const s = 1000;

test("options of a kind that cannot be used are refused, and named", () => {
  const good = { base: "http://h/fhir", WebSocket: class {} };
  const bad = {
    signal: [{}, "x", new AbortController()], kit: [{}, 7, "wsbind.wasm"], headers: ["Authorization: x", 7, [["a", "b"]]],
    clock: [{}, Date, { now: Date.now }], random: [4, {}], seen: [{ "Subscription/1": 3 }, { "": 1 }, [5], "x"],
    tolerate: [["no-such-code"], [7], ["constructor"]],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      assert.throws(() => new SubscriptionClient({ ...good, [name]: value }),
        (err) => err instanceof WsbindError && err.code === "invalid-option" && err.message.includes(name), `${name}: ${JSON.stringify(value)}`);
    }
  }
  assert.throws(() => new SubscriptionClient({ ...good, headers: "Bearer secret" }), (err) => !err.message.includes("secret"));
  assert.throws(() => new SubscriptionClient({ ...good, headers: { Authorization: "Bearer sec\nret" } }), (err) => err.code === "invalid-option" && !err.message.includes("ret"));
  const fine = { signal: AbortSignal.timeout(1), kit: Promise.resolve(kit), headers: new Headers(), random: Math.random, tolerate: ["missing-request"], seen: { "a.b-1": 0 } };
  new SubscriptionClient({ ...good, ...fine }).close();
});

test("options are read once, and those that throw are refused", () => {
  const options = { base: "http://h/fhir", WebSocket: class {} };
  const throws = Object.defineProperty({ ...options }, "signal", { enumerable: true, get: () => { throw new RangeError("no"); } });
  assert.throws(() => new SubscriptionClient(throws), { code: "invalid-option" });
  let reads = 0;
  const changes = Object.defineProperty({ ...options }, "fhir", { enumerable: true, get: () => (reads++ === 0 ? "R5" : "R3") });
  new SubscriptionClient(changes).close();
  assert.equal(reads, 1);
});

test("headers may be changed between calls, and what they become is checked then", async (t) => {
  const headers = new Headers({ Authorization: "Bearer one" });
  const { server, clock } = await listening(t, { headers });
  headers.set("Authorization", "Bearer two");
  await clock.advance(226 * s);
  assert.deepEqual(server.calls("$get-ws-binding-token").map((r) => r.headers.get("authorization")), ["Bearer one", "Bearer two"]);
});

test("an iterator is iterable itself, as those of generators are", async (t) => {
  const { server, make } = setup(t);
  const client = make();
  const iterator = client[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value.type, "handshake");
  server.emit("s1", 1);
  for await (const n of iterator) {
    assert.equal(n.events.length, 1);
    break;
  }
  assert.equal(client.state, "closed");
});

test("calls of next that go on at a time are answered in their order, and all end", async (t) => {
  const { server, make } = setup(t);
  const client = make();
  const iterator = client[Symbol.asyncIterator]();
  const calls = [1, 2, 3, 4].map(() => iterator.next());
  await settle();
  server.emit("s1", 1);
  await settle();
  client.close();
  const results = await Promise.all(calls);
  assert.deepEqual(results.map((r) => (r.done ? "done" : r.value.type)), ["handshake", "event-notification", "done", "done"]);
});

test("a loop that throws closes the client, and its error is the caller's", async (t) => {
  const { server, clock, make } = setup(t);
  const client = make();
  await assert.rejects(async () => { for await (const n of client) throw new RangeError(n.type); }, RangeError);
  await settle();
  assert.deepEqual([client.state, clock.pending, server.open.length], ["closed", 0, 0]);
});

test("a client that is closed by its own listener, at any moment, leaves nothing behind", async (t) => {
  const moments = {
    connecting: ["state", (e) => e.state === "connecting"], bound: ["state", (e) => e.state === "bound"],
    waiting: ["state", (e) => e.state === "waiting"], notification: ["notification", () => true], problem: ["problem", () => true],
    missed: ["missed", () => true],
  };
  for (const loop of [true, false]) {
    for (const [name, [type, is]] of Object.entries(moments)) {
      const { server, clock, make } = setup(t, { headers: ({ call }) => ({ call }) });
      const client = make();
      client.addEventListener(type, ({ detail }) => is(detail) && client.close());
      const reader = new Reader(client, { loop });
      client.start();
      await settle();
      server.open[0]?.deliver("nonsense");
      server.answer("$events", () => json(404, ""), 9);
      server.emit("s1", 1, { drop: true });
      server.emit("s1", 1);
      await settle();
      server.open[0]?.shut(1011);
      await clock.advance(5 * s);
      const requests = server.requests.length;
      assert.deepEqual([client.state, clock.pending, server.open.length, reader.error], ["closed", 0, 0, null], name);
      await clock.advance(900 * s);
      assert.equal(server.requests.length, requests, name);
    }
  }
});

test("a signal that is aborted while the headers are made sends no request", async (t) => {
  const controller = new AbortController();
  const { server, make } = setup(t, { signal: controller.signal, headers: () => { controller.abort(); return {}; } });
  const reader = new Reader(make());
  await settle();
  assert.deepEqual([reader.ended, reader.error, server.requests.length], [true, null, 0]);
});

test("no listener stays on the caller's signal", async (t) => {
  const controller = new AbortController();
  const count = { added: 0, removed: 0 };
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (type, listener, options) => {
    count.added++;
    options.signal.addEventListener("abort", () => count.removed++);
    add(type, listener, options);
  };
  const { server, client } = await listening(t, { signal });
  server.emit("s1", 1);
  client.close();
  assert.deepEqual(count, { added: 1, removed: 1 });
});

const classes = {
  "has no addEventListener": () => class { readyState = 1; send() {} close() {} },
  "cannot be called with new": () => () => ({}),
  "throws on close": (Socket) => class extends Socket { close() { super.close(); throw new Error("no"); } },
  "never opens": (Socket) => class extends Socket { dispatchEvent(e) { return e.type === "open" || super.dispatchEvent(e); } },
  "ends while it sends": (Socket) => class extends Socket { send() { this.readyState = 3; this.dispatchEvent(Object.assign(new Event("close"), { code: 1006, reason: "" })); } },
  "ends twice, and opens again": (Socket) => class extends Socket {
    send(frame) {
      super.send(frame);
      for (let i = 0; i < 2; i++) for (const type of ["close", "open", "error"]) this.dispatchEvent(Object.assign(new Event(type), { code: 1001, reason: "" }));
    }
  },
  "ends without code or reason": (Socket) => class extends Socket { send() { this.dispatchEvent(new Event("close")); } },
  "has messages before it is open": (Socket) => class extends Socket {
    addEventListener(type, listener) {
      super.addEventListener(type, listener);
      if (type === "message") for (const data of ["x", 7, null, undefined]) this.dispatchEvent(Object.assign(new Event("message"), { data }));
    }
  },
};
for (const [name, make] of Object.entries(classes)) {
  test(`a WebSocket that ${name}`, async (t) => {
    const all = setup(t, { timeout: 2, maxAttempts: 3 });
    const client = all.make({ WebSocket: make(all.server.WebSocket) });
    const reader = new Reader(client);
    await all.clock.advance(20 * s);
    client.close();
    await settle();
    assert.equal(all.clock.pending, 0);
    assert.ok(reader.error === null || reader.error instanceof WsbindError, String(reader.error));
  });
}

test("a dead connection is not renewed on: a renewal that nothing answers makes a new one", async (t) => {
  const { server, clock, reader } = await listening(t, { bindTimeout: 5 });
  server.sockets[0].send = function (frame) { this.sent.push(frame); }; // it leads nowhere
  server.emit("s1", 1, { drop: true });
  await clock.advance(231 * s); // the renewal at 225 s is overdue at 230 s
  await clock.advance(20 * s); // and tried again after a quarter of what is left
  assert.deepEqual([server.sockets.map((x) => x.readyState), reader.numbers()], [[3, 1], [1]]);
  assert.deepEqual(reader.states, ["connecting", "bound"]);
});

test("heartbeats are waited for from the bind on, however long it took", async (t) => {
  const { server, clock, make } = setup(t, { heartbeatPeriod: 1 });
  server.answer("$get-ws-binding-token", () => new Promise((resolve) => clock.setTimeout(resolve, 8000)).then(() => undefined));
  server.onBind = () => server.send("s1", { type: "event-notification", count: 0 });
  new Reader(make());
  await clock.advance(19 * s); // 8 s for the token, and 10 s for a handshake that does not come
  assert.equal(server.sockets.length, 1);
});

test("no heartbeat is missed before there is a connection", async (t) => {
  const { server, clock, make } = setup(t, { subscriptions: ["s1", "s2"], bindTimeout: 5 }, { ids: [] });
  for (const id of ["s1", "s2"]) server.add(id, { heartbeat: 2 });
  let answer;
  server.answer("read", () => undefined);
  server.answer("read", () => new Promise((resolve) => { answer = () => resolve(undefined); }));
  const reader = new Reader(make());
  await settle();
  server.sockets[0].shut(1006);
  server.answer("$get-ws-binding-token", () => new Promise((resolve) => clock.setTimeout(resolve, 20_000)).then(() => undefined));
  await clock.advance(2 * s);
  answer();
  await clock.advance(10 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2, "the request is not given up");
  assert.equal(reader.states.at(-1), "connecting");
});

test("a handshake that is late, and counts less by then, does not make a duplicate an event", async (t) => {
  const { server, make } = setup(t, { seen: { s1: 4 } });
  Object.assign(server.subscriptions.get("s1"), { count: 4 });
  server.onBind = (socket) => {
    server.emit("s1", 1); // the fifth
    server.send("s1", { type: "handshake", count: 4 }, socket);
    server.send("s1", { type: "event-notification", count: 5, events: [5] });
  };
  const reader = new Reader(make());
  await settle();
  assert.deepEqual([reader.numbers(), reader.problems], [[5], []]);
});

test("a Subscription that is created anew while another holds the socket counts anew after the next bind", async (t) => {
  const { server, clock, reader } = await listening(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"] });
  server.emit("s1", 5);
  await settle();
  server.subscriptions.get("s1").count = 0;
  server.outcome("expired-token", "Subscription/s1 is bound no more");
  await clock.advance(1 * s);
  assert.deepEqual([server.sockets.length, reader.codes().at(-1)], [1, "counter-mismatch"]);
  server.emit("s1", 2);
  await settle();
  assert.deepEqual(reader.numbers("s1"), [1, 2, 3, 4, 5, 1, 2]);
});

test("a server that quotes the token has it in no message, and in no text", async (t) => {
  const told = [];
  const quotes = [
    (server, socket, token) => server.outcome("invalid-token", `no good: ${token}`, socket),
    (server, socket, token) => socket.shut(1008, `no good: ${token}`),
    (server, socket, token) => { server.handshake("s1", socket); server.outcome("moonphase", `you sent ${token}`, socket); },
    (server, socket, token) => { server.handshake("s1", socket); socket.deliver(`bind-with-token ${token}`); },
  ];
  for (const quote of quotes) {
    const { server, clock, make } = setup(t, { maxAttempts: 2 });
    server.onBind = (socket) => quote(server, socket, socket.sent.at(-1).split(" ")[1]);
    const client = make();
    for (const type of ["problem", "state", "close"]) client.addEventListener(type, ({ detail: { error, reason, text } }) => told.push(text, String(error ?? reason), JSON.stringify((error ?? reason)?.issues)));
    new Reader(client);
    await clock.advance(10 * s);
  }
  assert.ok(told.some((x) => x?.includes("no good")) && told.some((x) => x?.includes("you sent")));
  assert.doesNotMatch(told.join("\n"), /secret/);
});

test("an answer that breaks its definition quotes no token", async (t) => {
  const token = `secret.${"x".repeat(300)}`;
  const valid = (more) => ({ resourceType: "Parameters", parameter: [{ name: "token", valueString: token }, { name: "expiration", valueDateTime: "2026-03-01T13:00:00Z" }, { name: "websocket-url", valueUrl: "ws://h/" }, ...more] });
  const bodies = [
    { resourceType: "Parameters", parameter: [{ name: "token", valueCode: token }] },
    { resourceType: "Parameters", parameter: [{ name: "token", valueInstant: token, valueString: 7 }] },
    { resourceType: "Parameters", parameter: [{ name: token, valueString: "x" }] },
    valid([{ name: "token", valueString: token }]), valid([{ name: "websocket-url", valueUrl: `ws://h/ ${token}` }]),
    JSON.stringify(valid([])).replace(`"${token}"`, token), JSON.stringify(valid([])).replace("secret", "secret\u0001"),
    outcome("x", "y"),
  ];
  for (const body of bodies) {
    const { server, clock, make } = setup(t, { maxAttempts: 1 });
    server.answer("$get-ws-binding-token", () => json(200, body));
    const reader = new Reader(make());
    await clock.advance(1);
    assert.ok(reader.error instanceof WsbindError);
    const said = reader.error.message + JSON.stringify(reader.error.issues);
    assert.ok(!said.includes(token), said);
  }
});

test("a connection whose other end does not say goodbye is cut off, where that can be done", async (t) => {
  for (const answers of [true, false]) {
    const { server, clock, make } = setup(t);
    const cut = [];
    const WebSocket = class extends server.WebSocket {
      close() { if (answers) super.close(); }
      terminate() { cut.push(this.url); super.close(); }
    };
    const client = make({ WebSocket });
    new Reader(client);
    await settle();
    client.close();
    await settle();
    assert.equal(clock.pending, answers ? 0 : 1);
    await clock.advance(5 * s);
    assert.deepEqual([cut.length, clock.pending], [answers ? 0 : 1, 0]);
  }
});

/** What real WebSockets do in place of a close event with a code. */
const oddEnds = {
  "an error alone while it opens (Node 22)": (Socket) => class extends Socket { fail(message) { this.readyState = 3; this.dispatchEvent(Object.assign(new Event("error"), { error: new Error(message) })); } },
  "an error alone while it is open (ws, until its time for a goodbye is over)": (Socket) => class extends Socket { shut() { this.readyState = 2; this.dispatchEvent(Object.assign(new Event("error"), { message: "invalid UTF-8 sequence" })); } },
  "an error that quotes the URL (Bun)": (Socket) => class extends Socket { shut() { this.dispatchEvent(Object.assign(new Event("error"), { message: `connection to '${new URL(this.url).href}' failed` })); super.shut(1006); } },
  "the code 0 (Deno)": (Socket) => class extends Socket { shut() { super.shut(0); } },
};
for (const [name, make] of Object.entries(oddEnds)) {
  test(`a socket that ends with ${name}`, async (t) => {
    const { server, clock, make: client } = setup(t, { firstWait: 1, longestWait: 1 });
    server.socketURL = `ws://server.example?${"secret".repeat(100)}`;
    const WebSocket = make(server.WebSocket);
    let failures = 20; // more than are put up with where the server is to blame
    server.onOpen = () => (failures-- > 10 ? "refused" : true);
    server.onBind = (socket, ids) => {
      if (failures >= 0) return socket.shut(1006);
      for (const id of ids) server.handshake(id, socket);
    };
    const reasons = [];
    const c = client({ WebSocket });
    c.addEventListener("state", ({ detail }) => detail.reason && reasons.push(detail.reason.message));
    new Reader(c);
    await clock.advance(21 * s);
    assert.equal(c.state, "bound", reasons.at(-1));
    assert.equal(server.sockets.length, 21);
    if (name.includes("ws")) assert.match(reasons.at(-1), /invalid UTF-8/);
    if (name.includes("Deno")) assert.match(reasons.at(-1), /1006/);
    assert.match(reasons[0], /refused/);
    assert.doesNotMatch(reasons.join("\n"), /secret/);
    c.close();
    await settle();
    assert.deepEqual([clock.pending, server.open.length], [0, 0]);
  });
}
