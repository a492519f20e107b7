// What every store of a gate does. Two stores of one server stand for two gates.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";

/** Seconds since 1970 in an hour, when nothing that is put here has expired. */
export const later = () => Math.ceil(Date.now() / 1000) + 3600;

/** Names that no store may take for one another, or for a pattern. */
const names = ["a.b", "a b", "a..b", ".", "..", "", "é", "e\u0301", "=C3=A9", "a/b", "*", ">", "a.*", "{a}", "a:b", "key:a", "\n", "😀"];

const now = Math.floor(Date.now() / 1000);

/** Some revocations of each kind, with names that belong to a test. */
const records = (n, name) => Array.from({ length: n }, (_, i) => ({ revocation: [{ jti: `j ${name} ${i}` }, { subscription: `s.${name}.${i}` }, { subject: `é ${name} ${i}` }][i % 3], at: now + i / 4 }));

const sorted = (list) => list.map((record) => JSON.stringify(record)).sort();

const unavailable = (err) => err.name === "WsbindError" && err.code === "store-unavailable" && err.message.length < 300;

/** Waits for as many records of a watch, and returns them. */
export function watching(store) {
  const told = [];
  const controller = new AbortController();
  const events = new EventTarget();
  const tell = (record) => {
    told.push(record);
    events.dispatchEvent(new Event("record"));
  };
  let hear;
  const lost = new Promise((resolve) => (hear = resolve));
  const until = async (n) => {
    while (told.length < n) await once(events, "record");
    return told;
  };
  return { begun: store.watch?.(tell, hear, controller.signal), told, until, lost, abort: () => controller.abort() };
}

/**
 * Tests a store.
 *
 * @param name what it is
 * @param start makes `{ stores, stop?, resume?, freeze?, thaw?, late?, close }`: two stores of one
 *   server; stop kills the server, and resume brings it back with what it has on disk; freeze
 *   silences it, and thaw lets it go on; late lets the time of a call and of a watch go by
 * @param features atomic, counts, pushes: what the store promises; fails: the ways in which its server can
 */
export function conformance(name, start, { atomic = true, counts = true, pushes = true, fails = [] } = {}) {
  describe(name, { timeout: 60_000 }, () => {
    let server;
    let a;
    let b;
    before(async () => {
      server = await start();
      [a, b] = server.stores;
    });
    after(() => server.close());

    test("says what it can", () => {
      assert.equal(a.atomic, atomic);
      assert.equal(a.watch !== undefined, pushes);
    });

    test("puts a value once, and has it", async () => {
      assert.equal(await a.get("once"), undefined);
      assert.equal(await a.putIfAbsent("once", "first é", later()), true);
      assert.equal(await b.putIfAbsent("once", "second", later()), false);
      assert.equal(await b.get("once"), "first é");
    });

    test("keeps names apart", async () => {
      for (const name of names) assert.equal(await a.putIfAbsent(name, `value of ${name}`, later()), true, name);
      for (const name of names) assert.equal(await b.get(name), `value of ${name}`, name);
    });

    if (atomic) {
      test("lets one of a hundred at once put", async () => {
        const puts = Array.from({ length: 100 }, (_, i) => [a, b][i % 2].putIfAbsent("race", `${i}`, later()));
        const winners = (await Promise.all(puts)).flatMap((put, i) => (put ? [`${i}`] : []));
        assert.deepEqual(winners, [await a.get("race")]);
      });
    }

    if (counts) {
      test("gives a hundred at once a hundred numbers", async () => {
        const numbers = await Promise.all(Array.from({ length: 100 }, (_, i) => [a, b][i % 2].increment("events.race")));
        assert.deepEqual(numbers.sort((x, y) => x - y), Array.from({ length: 100 }, (_, i) => i + 1));
        assert.equal(await b.count("events.race"), 100);
      });

      test("keeps counters apart, and from values", async () => {
        for (const name of names) assert.equal(await a.count(`of ${name}`), 0, name);
        for (const name of names) assert.equal(await a.increment(`of ${name}`), 1, name);
        await a.putIfAbsent("of both", "text", later());
        assert.equal(await b.increment("of both"), 1);
      });
    }

    test("lists what was revoked, and then what came since", async () => {
      const [first, second, third, fourth] = records(4, "listed");
      for (const record of [first, second, third]) await a.revoke(record);
      const all = await b.revoked();
      assert.deepEqual(sorted(all.records).filter((r) => sorted([first, second, third]).includes(r)), sorted([first, second, third]));
      await a.revoke(fourth);
      const since = await b.revoked(all.cursor);
      assert.ok(sorted(since.records).includes(sorted([fourth])[0]));
      assert.equal(typeof since.cursor, "string");
    });

    test("lists every one of those that are made meanwhile", async () => {
      const due = records(60, "meanwhile");
      let { cursor } = await a.revoked();
      const seen = new Set();
      const look = async () => {
        const page = await a.revoked(cursor);
        cursor = page.cursor;
        for (const text of sorted(page.records)) seen.add(text);
      };
      let left = due.length;
      const making = due.map((record, i) => [a, b][i % 2].revoke(record).then(() => left--));
      while (left > 0) await look();
      await Promise.all(making);
      await look();
      for (const text of sorted(due)) assert.ok(seen.has(text), text);
    });

    if (pushes) {
      test("tells those who watch, in both gates, until they have enough", async (t) => {
        const [first, second, third] = records(3, "watched");
        const [here, there] = [watching(a), watching(b)];
        t.after(() => [here, there].forEach(({ abort }) => abort()));
        await Promise.all([here.begun, there.begun]);
        await Promise.all([a.revoke(first), b.revoke(second)]);
        assert.deepEqual(sorted(await here.until(2)), sorted([first, second]));
        assert.deepEqual(sorted(await there.until(2)), sorted([first, second]));
        here.abort();
        await a.revoke(third);
        assert.deepEqual((await there.until(3)).at(-1), third);
        assert.equal(here.told.length, 2);
      });
    }

    for (const how of fails) {
      const [stop, resume] = { away: ["stop", "resume"], silent: ["freeze", "thaw"] }[how];
      test(`fails while the server is ${how}, and is as it was after that`, async (t) => {
        await a.putIfAbsent(`used ${how}`, "up", later());
        if (counts) for (let i = 0; i < 3; i++) await a.increment(`kept ${how}`);
        const revoked = await a.revoked();
        const watch = watching(a);
        await watch.begun;
        await server[stop]();
        await failing(server, a, watch, counts);
        await server[resume]();
        [a, b] = server.stores;
        assert.equal(await a.putIfAbsent(`used ${how}`, "again", later()), false);
        assert.equal(await b.get(`used ${how}`), "up");
        if (counts) assert.equal(await b.increment(`kept ${how}`), 4);
        assert.ok((await b.revoked()).records.length >= revoked.records.length);
        await toldOf({ revocation: { jti: `after ${how}` }, at: now + 0.5 }, t, a, b);
      });
    }
  });
}

/** failing holds that every call fails, within the time of a call, and that the watch ends. */
async function failing(server, store, watch, counts) {
  const calls = [store.putIfAbsent("away", "x", later()), store.get("away"), store.revoke(records(1, "away")[0]), store.revoked()];
  if (counts) calls.push(store.increment("away"), store.count("away"));
  if (store.watch) calls.push(store.watch(() => {}, () => {}, new AbortController().signal));
  const settled = Promise.allSettled(calls);
  await server.late?.();
  for (const call of await settled) assert.ok(call.status === "rejected" && unavailable(call.reason), call.reason);
  if (store.watch) assert.ok(unavailable(await watch.lost));
}

/** toldOf holds that one store is told of what another revokes. */
async function toldOf(record, t, here, there) {
  if (!here.watch) return;
  const watch = watching(here);
  t.after(watch.abort);
  await watch.begun;
  await there.revoke(record);
  while (!sorted(watch.told).includes(sorted([record])[0])) await watch.until(watch.told.length + 1);
}
