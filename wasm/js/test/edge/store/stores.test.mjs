// What stores do when what they are given does not do as it should.

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, VirtualClock } from "../../client/clock.mjs";
import { watching } from "./conformance.mjs";
import { cloudflareKV, durableObjectStore, natsStore, redisStore } from "./stores.mjs";

const never = () => new Promise(() => {});

/** Something that has every method of a client, and answers none but these. */
const silent = (answers = {}) => new Proxy(answers, { get: (target, name) => (name === "then" ? undefined : (target[name] ?? never)) });

const statuses = () => ({ async *[Symbol.asyncIterator]() { await never(); }, stop() {} });

const bucket = (answers) => silent({ status: async () => ({ ttl: 0, streamInfo: { state: { last_seq: 9 } } }), ...answers });

const nats = (clock, answers = {}) => natsStore({ connection: { status: statuses }, tokens: bucket(answers), counters: bucket(answers), clock });

const makers = {
  cloudflareKV: (clock) => cloudflareKV(silent(), { clock }),
  durableObjectStore: (clock) => durableObjectStore(silent(), { clock }),
  natsStore: nats,
  redisStore: (clock) => redisStore(silent(), { clock, subscriber: silent() }),
};

const record = { revocation: { jti: "j" }, at: 1 };

for (const [name, make] of Object.entries(makers)) {
  test(`${name} waits for a call no longer than it may`, async () => {
    const clock = new VirtualClock();
    const store = make(clock);
    const calls = [store.putIfAbsent("k", "v", clock.now() / 1000 + 60), store.get("k"), store.revoke(record)];
    if (name !== "cloudflareKV") calls.push(store.increment("k"), store.count("k"), store.watch(() => {}, () => {}, new AbortController().signal));
    const settled = Promise.allSettled(calls);
    await clock.advance(4999);
    assert.equal(clock.pending, calls.length);
    await clock.advance(1);
    for (const { reason } of await settled) assert.match(`${reason.code}: ${reason.message}`, /^store-unavailable: .*no answer in time/);
    assert.equal(clock.pending, 0);
  });
}

test("options that are no options are refused", () => {
  const invalid = { code: "invalid-option" };
  assert.throws(() => cloudflareKV({}), invalid);
  assert.throws(() => cloudflareKV(silent(), { ttl: 1 }), invalid);
  assert.throws(() => cloudflareKV(silent(), { timeout: 0 }), invalid);
  assert.throws(() => redisStore({}), invalid);
  assert.throws(() => redisStore(silent(), { subscriber: {} }), invalid);
  assert.throws(() => redisStore(silent(), { timeout: "5" }), invalid);
  assert.throws(() => durableObjectStore({}), invalid);
  assert.throws(() => natsStore({}), invalid);
  assert.throws(() => natsStore({ connection: { status: statuses }, tokens: bucket() }), invalid);
});

test("KV cannot count, and says what can", async () => {
  const store = cloudflareKV(silent());
  for (const call of [store.increment("n"), store.count("n")]) await assert.rejects(call, { code: "invalid-option", message: /Durable Object/ });
});

test("KV keeps keys for a minute at least, and revocations for more than a day", async () => {
  const clock = new VirtualClock();
  const now = clock.now() / 1000;
  const puts = [];
  const store = cloudflareKV(silent({ get: async () => null, put: async (...put) => void puts.push(put) }), { clock, prefix: "p:", ids: () => "id" });
  await store.putIfAbsent("a", "v", now + 1);
  await store.putIfAbsent("b", "v", now + 99.5);
  await store.revoke(record);
  const long = { revocation: { subject: "é".repeat(600) }, at: 1 };
  await store.revoke(long);
  const text = JSON.stringify({ jti: "j", at: 1 });
  assert.deepEqual(puts, [
    ["p:key:a", "v", { expirationTtl: 60 }],
    ["p:key:b", "v", { expirationTtl: 100 }],
    [`p:revoked:${Math.floor(now / 3600)}:id`, text, { expirationTtl: 90_000, metadata: text }],
    [`p:revoked:${Math.floor(now / 3600)}:id`, JSON.stringify({ ...long.revocation, at: 1 }), { expirationTtl: 90_000 }],
  ]);
});

test("KV lists the hours in which something may have come, page by page", async () => {
  const clock = new VirtualClock(Date.parse("2026-03-01T12:55:00Z"));
  const asked = [];
  const pages = { undefined: { keys: [{ name: "a", metadata: JSON.stringify({ jti: "j", at: 1 }) }], list_complete: false, cursor: "c" }, c: { keys: [{ name: "b" }], list_complete: true } };
  const store = cloudflareKV(
    silent({ list: async ({ prefix, cursor }) => (asked.push(prefix), pages[cursor]), get: async () => JSON.stringify({ subject: "s", at: 2 }) }),
    { clock, prefix: "" },
  );
  const { records, cursor } = await store.revoked();
  assert.deepEqual(records, [record, { revocation: { subject: "s" }, at: 2 }]);
  assert.deepEqual(asked.splice(0), ["revoked:", "revoked:"]);
  const hour = Math.floor(clock.now() / 3_600_000);
  await store.revoked(cursor);
  assert.deepEqual([...new Set(asked.splice(0))].sort(), [`revoked:${hour}:`, `revoked:${hour + 1}:`]);
  await clock.advance(20 * 60 * 1000);
  await store.revoked(cursor);
  assert.deepEqual([...new Set(asked.splice(0))].sort(), [`revoked:${hour}:`, `revoked:${hour + 1}:`]);
  await clock.advance(30 * 3_600_000);
  await store.revoked(cursor);
  assert.deepEqual([...new Set(asked.splice(0))], ["revoked:"]);
});

test("a revocation that cannot be read is an error", async () => {
  for (const text of ["", "{}", "[]", "null", '{"jti":"j"}', '{"jti":1,"at":1}', '{"jti":"j","subject":"s","at":1}', '{"jti":"j","at":"1"}']) {
    const store = redisStore(silent({ sendCommand: async () => [["1-0", ["record", text]]] }));
    await assert.rejects(store.revoked(), { code: "store-unavailable", message: /cannot be read/ }, text);
  }
});

test("Redis takes the replies of RESP 2 and 3, and no Buffers", async () => {
  const entries = [["5-0", ["record", JSON.stringify({ jti: "j", at: 1 })]]];
  for (const reply of [[["wsbind:revoked", entries]], new Map([["wsbind:revoked", entries]]), { "wsbind:revoked": entries }, ["wsbind:revoked", entries]]) {
    const replies = [null, reply];
    const subscriber = silent({ sendCommand: async ([name, , , , , last]) => (name === "XREAD" && replies.length > 0 ? replies.shift() : (assert.equal(last, "5-0"), never())) });
    const watch = watching(redisStore(silent({ sendCommand: async () => [] }), { subscriber, clock: new VirtualClock() }));
    assert.deepEqual(await watch.until(1), [record]);
    watch.abort();
  }
  const store = redisStore(silent({ sendCommand: async () => Buffer.from("v") }));
  await assert.rejects(store.get("k"), { code: "store-unavailable", message: /Buffers/ });
  await assert.rejects(store.increment("k"), { code: "store-unavailable" });
});

test("a watch of NATS that comes too late is given up", async () => {
  const clock = new VirtualClock();
  let open;
  const stopped = new Promise((resolve) => {
    open = () => ({ ...statuses(), stop: resolve });
  });
  let answer;
  const store = nats(clock, { watch: () => new Promise((resolve) => (answer = resolve)) });
  const failed = assert.rejects(store.watch(() => {}, () => {}, new AbortController().signal), { code: "store-unavailable" });
  await clock.advance(5000);
  await failed;
  answer(open());
  await stopped;
});

test("a watch of NATS ends when the server falls silent, and holds no timer", async () => {
  const clock = new VirtualClock();
  let answers = true;
  const status = async () => (answers ? { ttl: 0, streamInfo: { state: { last_seq: 9 } } } : never());
  const watch = watching(nats(clock, { status, watch: async () => statuses() }));
  await watch.begun;
  await clock.advance(60_000);
  answers = false;
  await clock.advance(7500);
  assert.match((await watch.lost).message, /no answer in time/);
  assert.equal(clock.pending, 0);
});

test("a watch of NATS ends with the connection, however soon that is back", async () => {
  for (const type of ["disconnect", "staleConnection", "close"]) {
    const clock = new VirtualClock();
    const connection = { status: () => ({ ...statuses(), async *[Symbol.asyncIterator]() { yield { type: "ping" }; yield { type }; } }) };
    const watch = watching(natsStore({ connection, tokens: bucket({ watch: async () => statuses() }), counters: bucket(), clock }));
    assert.ok((await watch.lost).message.includes(`connection is lost: ${type}`));
    assert.equal(clock.pending, 0);
  }
});

test("NATS counts on when another gate was quicker, and not for longer than a call may take", async () => {
  const clock = new VirtualClock();
  let lost = 2;
  const conflict = Object.assign(new Error("wrong last sequence"), { code: 10164 });
  const update = async () => {
    if (lost-- > 0) throw conflict;
    return 8;
  };
  const get = async () => ({ revision: 7, operation: "PUT", string: () => "4" });
  assert.equal(await nats(clock, { get, update }).increment("n"), 5);
  const hopeless = nats(clock, { get, update: async () => (await clock.advance(1000), Promise.reject(conflict)) }).increment("n");
  await assert.rejects(hopeless, { code: "store-unavailable" });
  await settle();
  assert.equal(clock.pending, 0);
});

/** A websocket of workerd's, by hand. */
class Socket extends EventTarget {
  sent = [];
  closed = false;
  accept() {}
  send(text) { this.sent.push(text); }
  close() { this.closed = true; }
  hear(data) { this.dispatchEvent(new MessageEvent("message", { data })); }
}

function durable() {
  const clock = new VirtualClock();
  const socket = new Socket();
  const watch = watching(durableObjectStore(() => ({ fetch: async () => ({ webSocket: socket }) }), { clock }));
  return { clock, socket, watch };
}

test("a watch of an object goes on while pings are answered", async () => {
  const { clock, socket, watch } = durable();
  await watch.begun;
  for (const n of [1, 2, 3]) {
    await clock.advance(2500);
    assert.deepEqual(socket.sent, Array(n).fill("ping"));
    socket.hear("pong");
    await settle();
  }
  socket.hear(JSON.stringify({ jti: "j", at: 1 }));
  assert.deepEqual(watch.told, [record]);
  await clock.advance(7500);
  assert.match((await watch.lost).message, /no answer in time/);
  assert.ok(socket.closed);
  socket.hear(JSON.stringify({ jti: "late", at: 1 }));
  assert.equal(watch.told.length, 1);
  assert.equal(clock.pending, 0);
});

test("a watch of an object ends with its socket, or with what cannot be read", async () => {
  for (const [end, message] of [[(s) => s.dispatchEvent(new Event("close")), /has ended/], [(s) => s.dispatchEvent(new Event("error")), /has failed/], [(s) => s.hear("{}"), /cannot be read/]]) {
    const { clock, socket, watch } = durable();
    await watch.begun;
    end(socket);
    assert.match((await watch.lost).message, message);
    assert.equal(clock.pending, 0);
  }
});

test("a watch that nobody wants any more is closed at once", async () => {
  const { clock, socket, watch } = durable();
  watch.abort();
  await watch.begun;
  assert.ok(socket.closed);
  assert.equal(clock.pending, 0);
});
