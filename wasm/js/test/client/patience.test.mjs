// What a server asks a client to wait, the client waits: whatever else happens meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "./fake.mjs";
import { listening, Reader, settle, setup } from "./setup.mjs";

const s = 1000;
const later = (seconds, status = 429) => () => json(status, "", { "Retry-After": String(seconds) });

test("Retry-After of $events is honoured, also beyond the longest wait", async (t) => {
  const { server, clock, reader } = await listening(t, { longestWait: 30 });
  server.answer("$events", later(100));
  server.emit("s1", 1, { drop: true });
  server.emit("s1", 1);
  await clock.advance(99 * s);
  assert.equal(server.calls("$events").length, 1, "too early");
  await clock.advance(2 * s);
  assert.deepEqual([server.calls("$events").length, reader.numbers(), reader.missed], [2, [1, 2], []]);
});

test("Retry-After of one Subscription's $events is for those of all", async (t) => {
  const { server, clock, reader } = await listening(t, { subscriptions: ["s1", "s2"] }, { ids: ["s1", "s2"] });
  server.answer("$events", later(100));
  for (const id of ["s1", "s2"]) {
    server.emit(id, 1, { drop: true });
    server.emit(id, 1);
    await settle();
  }
  await clock.advance(99 * s);
  assert.equal(server.calls("$events").length, 1, "too early");
  await clock.advance(2 * s);
  assert.deepEqual([reader.numbers("s1"), reader.numbers("s2")], [[1, 2], [1, 2]]);
});

test("Retry-After of a renewal outlives the session", async (t) => {
  const { server, clock, client } = await listening(t);
  server.answer("$get-ws-binding-token", later(600, 503));
  await clock.advance(230 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  server.sockets[0].shut(1008, "expired-token");
  await clock.advance((225 + 600 - 230 - 5) * s);
  assert.deepEqual([server.calls("$get-ws-binding-token").length, client.state], [2, "waiting"]);
  await clock.advance(40 * s);
  assert.deepEqual([server.calls("$get-ws-binding-token").length, client.state], [3, "bound"]);
});

test("Retry-After of a renewal outlives the binding", async (t) => {
  const { server, clock } = await listening(t);
  server.answer("$get-ws-binding-token", later(60));
  await clock.advance(226 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  server.outcome("revoked-token", "Subscription/s1 is bound no more");
  await clock.advance(57 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  await clock.advance(3 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 3);
});

/** Has the session end while its renewal is under way, which is answered `seconds` later. */
async function overtaken(t, seconds, answer) {
  const all = await listening(t);
  const { server, clock } = all;
  server.answer("$get-ws-binding-token", () => new Promise((resolve) => clock.setTimeout(() => resolve(answer()), seconds * s)));
  await clock.advance(226 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  server.sockets[0].shut(1006);
  return all;
}

test("Retry-After counts, though the session that asked is over", async (t) => {
  const { server, clock, client } = await overtaken(t, 1.2, later(60));
  await clock.advance(59 * s);
  assert.equal(server.calls("$get-ws-binding-token").length, 2);
  await clock.advance(5 * s);
  assert.deepEqual([server.calls("$get-ws-binding-token").length, client.state], [3, "bound"]);
});

test("a refusal that is final counts, though the session that asked is over", async (t) => {
  const { server, clock, reader } = await overtaken(t, 1.2, () => json(404, ""));
  await clock.advance(10 * s);
  assert.deepEqual([reader.error?.code, server.calls("$get-ws-binding-token").length], ["not-found", 2]);
});

test("an answer that the next session would have to wait for is given up", async (t) => {
  const { server, clock, client } = await overtaken(t, 20, () => json(404, ""));
  await clock.advance(5 * s);
  assert.deepEqual([server.calls("$get-ws-binding-token").length, client.state], [3, "bound"]);
  assert.equal(server.calls("$get-ws-binding-token")[1].init.signal.aborted, true);
  await clock.advance(30 * s);
  assert.equal(client.state, "bound");
});

test("a clock that is set back lengthens no wait beyond an hour", async (t) => {
  const { server, clock, make } = setup(t);
  server.answer("$get-ws-binding-token", later(60));
  const client = make();
  new Reader(client);
  await clock.advance(30 * s);
  clock.setBack(86_400 * s);
  await clock.advance(3700 * s);
  assert.equal(client.state, "bound");
});

test("a server that is too busy is not asked for one period after the other", async (t) => {
  const ids = ["s1", "s2", "s3", "s4", "s5"];
  for (const answer of [later(10), later(10, 503), () => json(503, "")]) {
    const { server, clock } = await listening(t, { subscriptions: ids }, { ids });
    await settle();
    assert.equal(server.calls("read").length, 5);
    const busy = setup(t, { subscriptions: ids }, { ids });
    busy.server.answer("read", answer);
    new Reader(busy.make());
    await busy.clock.advance(100 * s);
    assert.equal(busy.server.calls("read").length, 1);
    await busy.clock.advance(200 * s);
    assert.equal(busy.server.calls("read").length, 6, "with the next token all are read");
    assert.ok(clock);
  }
});
