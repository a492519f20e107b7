// The journal, as it is read, followed and waited for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rejected } from "../kit/support.mjs";
import { add, startFake, take } from "./support.mjs";

const bind = { kind: "received", type: "bind" };
const event = { kind: "sent", type: "event-notification" };
const numbers = (entries) => entries.map(({ n }) => n);

test("entries are chosen by a query", async (t) => {
  const { journal, ...mock } = await parts(t);
  assert.equal(await journal.last(), 0);
  await mock.add(bind, event, event);
  assert.deepEqual(numbers(await journal.entries()), [1, 2, 3]);
  assert.deepEqual(numbers(await journal.entries({ type: "event-notification", after: undefined, bad: false })), [2, 3]);
  assert.deepEqual(numbers(await journal.entries({ after: 1, limit: 1 })), [3]);
  assert.equal(await journal.last(), 3);
  await rejected("invalid-option", journal.entries({ typ: "bind" }));
  await rejected("invalid-option", journal.entries({ type: ["bind"] }));
  await rejected("invalid-option", journal.entries(null));
});

test("following yields what there is, and then what comes", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.add(bind, event);
  const all = journal[Symbol.asyncIterator]();
  assert.deepEqual(numbers(await take(all, 2)), [1, 2]);
  const next = all.next();
  await mock.add({ kind: "close", code: 1008, reason: "expired-token", text: "line\nline é" });
  assert.deepEqual({ ...(await next).value, time: 0, real: 0 }, { n: 3, time: 0, real: 0, kind: "close", code: 1008, reason: "expired-token", text: "line\nline é" });
  await all.return();
  const chosen = journal.follow({ type: "event-notification", after: 1 });
  assert.deepEqual(numbers(await take(chosen, 1)), [2]);
  await chosen.return();
  assert.deepEqual((await mock.streams()).asked, [" -", "after=1&type=event-notification -"]);
});

test("a connection that breaks off is made again where it was", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.add(bind, event);
  const all = journal.follow({ kind: "sent", limit: 5 });
  assert.deepEqual(numbers(await take(all, 1)), [2]);
  const next = all.next();
  await mock.call("POST", "/fake/cut", { more: 2 });
  await mock.add(event, bind);
  assert.equal((await next).value.n, 3);
  await all.return();
  assert.deepEqual((await mock.streams()).asked, ["limit=5&kind=sent -", ...Array(3).fill("kind=sent 2")]);
});

test("a server that only breaks off is given up", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.call("POST", "/fake/cut", { more: 1000 });
  await rejected("connection-failed", journal.follow().next());
  assert.equal((await mock.streams()).asked.length, 6);
});

test("it ends with the signal, with the loop, and with the server, and lets the connection go", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.add(bind);
  const gone = async () => {
    while ((await mock.streams()).open > 0);
  };
  assert.deepEqual(await journal.follow({}, { signal: AbortSignal.abort() }).next(), { done: true, value: undefined });
  const stop = new AbortController();
  const followed = journal.follow({}, { signal: stop.signal });
  await followed.next();
  const last = followed.next();
  stop.abort();
  assert.equal((await last).done, true);
  await gone();
  for await (const { n } of journal) if (n === 1) break;
  await gone();
  const open = journal.follow();
  await open.next();
  const end = open.next();
  await mock.close();
  assert.deepEqual(await end, { done: true, value: undefined });
  await rejected("aborted", journal.until(bind));
});

test("it fails where the server ends by itself", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.add(bind);
  const all = journal.follow();
  await all.next();
  const next = rejected("connection-lost", all.next());
  await rejected("connection-lost", mock.call("POST", "/fake/exit", { code: 2 }));
  assert.match((await next).message, /exit status 2/);
});

test("what was dropped unread is an error, unless it is asked for", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.add(bind);
  const missed = [];
  const [strict, tolerant] = [journal.follow(), journal.follow({}, { onMissed: (n) => missed.push(n) })];
  await Promise.all([strict.next(), tolerant.next()]);
  const next = [rejected("missed-events", strict.next()), tolerant.next()];
  await mock.call("POST", "/fake/missed", { missed: 12 });
  await mock.add(event);
  assert.match((await next[0]).message, /dropped 12 entries/);
  assert.equal((await next[1]).value.n, 2);
  assert.deepEqual(missed, [12]);
  await tolerant.return();
});

test("a tenant that starts anew is followed from its first entry", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.add(bind, event);
  const all = journal.follow({ after: 1 });
  assert.deepEqual(numbers(await take(all, 1)), [2]);
  const next = all.next();
  await mock.reset();
  await mock.add(event);
  assert.equal((await next).value.n, 1);
  await all.return();
});

test("until finds what is there, and waits for what is not", async (t) => {
  const { journal, ...mock } = await parts(t);
  await mock.add(bind);
  assert.equal((await journal.until(bind)).n, 1);
  const waits = [journal.until({ type: "event-notification" }), journal.until(({ events }) => events?.includes(3))];
  await mock.add(event, { ...event, events: [2, 3] });
  assert.deepEqual(numbers(await Promise.all(waits)), [2, 3]);
  await rejected("invalid-option", journal.until({ type: "bind" }, { timeout: "1s" }));
  await rejected("invalid-option", journal.until({ tipe: "bind" }));
  await rejected("aborted", journal.until({ type: "ping" }, { signal: AbortSignal.abort() }));
  await assert.rejects(journal.until(() => assert.fail("the test's own")), /the test's own/);
});

test("a wait in vain shows the latest entries", async (t) => {
  const { journal, ...mock } = await parts(t);
  assert.match((await rejected("timeout", journal.until(bind, { timeout: 0 }))).message, /within 0 s; the journal is empty/);
  await mock.add(bind, { kind: "sent", type: "handshake", subscriptions: ["a", "b"], text: "long" });
  const { message } = await rejected("timeout", journal.until({ type: "ping" }, { timeout: 0.01 }));
  assert.match(message, /latest entries:\n  1 2026\S+ received type=bind\n  2 2026\S+ sent type=handshake subscriptions=a,b$/);
});

test("a refusal is an error at once", async (t) => {
  const mock = await startFake(t);
  const tenant = await mock.tenant("gone");
  await tenant.delete();
  assert.match((await rejected("not-found", tenant.journal.follow().next())).message, /no tenant gone/);
});

/** The fake, and what tells it what happens. */
async function parts(t) {
  const mock = await startFake(t);
  return {
    journal: mock.journal, add: (...entries) => add(mock, ...entries), call: mock.call.bind(mock), reset: () => mock.reset(),
    close: () => mock.close(), streams: () => mock.call("GET", "/fake/streams"),
  };
}
