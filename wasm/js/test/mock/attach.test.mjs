// A mock that runs already: how it is found, driven and lost.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { attachMock } from "wsbind/mock";
import { rejected } from "../kit/support.mjs";
import { add, listen, startFake, startReal, take } from "./support.mjs";

/** Starts the fake for a test, and attaches to it. */
async function attachFake(t, options = {}) {
  const mock = await startFake(t);
  return { mock, attached: await attachMock({ management: mock.management, ...options }) };
}

/** Listens with a handler, as what is no mock. */
async function serve(t, handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

test("it is where the mock is, and draws from the same seed", async (t) => {
  const mock = await startReal(t, { seed: 7 });
  const attached = await attachMock({ management: new URL(mock.management) });
  const same = ({ name, url, management, seed }) => ({ name, url, management, seed });
  assert.deepEqual(same(attached), same(mock));
  for (const fhir of ["R4", "R4B", "R5"]) assert.equal(attached.base(fhir), mock.base(fhir));
  assert.equal(attached.kill ?? attached.close ?? attached.restart ?? attached.log ?? attached.pid, undefined);

  const tenant = await mock.tenant("mine", { seed: 3 });
  assert.deepEqual(same(await attachMock({ management: mock.management, tenant: "mine" })), same(tenant));
});

test("what a client does is driven and seen", async (t) => {
  const { management } = await startReal(t);
  const attached = await attachMock({ management: `${management}/` });
  const tenant = await attached.tenant(undefined, { clock: "virtual", start: new Date(0), sharedClock: true, seed: 3, profile: "polite" });
  assert.equal(tenant.seed, 3);
  assert.deepEqual(await tenant.clock(), { now: new Date(0), virtual: true, shared: true });
  assert.equal((await tenant.advance("1h")).now.getTime(), 3_600_000);

  const named = await attached.tenant("named");
  const all = named.journal.follow({ kind: "sent" });
  const { next } = await listen(t, named);
  await named.faults.next("gap");
  await named.emit({ subscription: "s1", count: 2 });
  assert.deepEqual([(await next()).events[0].eventNumber, (await next()).events[0].eventNumber], [1n, 2n]);
  assert.deepEqual((await take(all, 2)).map(({ type }) => type), ["handshake", "event-notification"]);
  await all.return();
  await named.assert("bound once");
  assert.deepEqual(await named.verdicts(), []);
  assert.deepEqual(await attached.journal.entries(), []);
  await named.delete();
});

for (const [name, options] of Object.entries({
  "no address": {}, "an address that is none": { management: "127.0.0.1" }, "another protocol": { management: "ws://127.0.0.1:1" }, "a path": { management: "http://127.0.0.1:1/t/x" },
  "a query": { management: "http://127.0.0.1:1/?" }, "a fragment": { management: new URL("http://127.0.0.1:1/#x") }, "a password": { management: "http://me:secret@127.0.0.1:1" },
  "a number": { management: 8081 }, "a tenant's name with a slash": { management: "http://127.0.0.1:1", tenant: "a/b" }, "a fetch that cannot be called": { management: "http://127.0.0.1:1", fetch: true },
  "a signal that is none": { management: "http://127.0.0.1:1", signal: {} }, "a timeout that is none": { management: "http://127.0.0.1:1", timeout: -1 }, "a misspelt option": { management: "http://127.0.0.1:1", tenants: "x" },
})) test(`${name} is refused`, async () => assert.doesNotMatch((await rejected("invalid-option", attachMock(options))).message, /secret/));

test("what is no management interface is told apart", async (t) => {
  const mock = await startReal(t);
  assert.match((await rejected("connection-failed", attachMock({ management: mock.url }))).message, /what answers at http:\S+ is not the management interface of wsbind serve.*GET \/health was answered 404/);
  const page = await serve(t, (_, response) => response.end("<html>"));
  assert.match((await rejected("connection-failed", attachMock({ management: page }))).message, /not JSON/);
  const other = await serve(t, (_, response) => response.end('{"status":"ok"}'));
  assert.match((await rejected("connection-failed", attachMock({ management: other }))).message, /does not say where the FHIR bases are/);
});

test("what the interface refuses is its own error", async (t) => {
  const { mock } = await attachFake(t);
  assert.equal((await rejected("not-found", attachMock({ management: mock.management, tenant: "nobody" }))).message, "GET /t/nobody/health: there is no tenant nobody");
});

test("a mock that is gone is told with what to look at", async (t) => {
  const { mock, attached } = await attachFake(t);
  await add(attached, { kind: "open" });
  const all = attached.journal.follow();
  await all.next();
  const next = rejected("connection-failed", all.next());
  await mock.close();
  const { message } = await rejected("connection-failed", attached.state());
  assert.match(message, /^GET \/state failed: .*ECONNREFUSED.*Is wsbind serve running.*does the server allow its origin\?$/);
  assert.ok(message.includes(`at ${mock.management}?`));
  assert.match((await next).message, /^following \/journal failed: .*Is wsbind serve running/);
  await rejected("connection-failed", attachMock({ management: mock.management }));
});

test("a journal that breaks off is followed where it was, or from its first entry where it began anew", async (t) => {
  const { mock, attached } = await attachFake(t);
  await add(attached, { kind: "open" }, { kind: "close" });
  const all = attached.journal.follow();
  assert.equal((await take(all, 2)).length, 2);
  const third = all.next();
  await mock.call("POST", "/fake/cut", { more: 1 });
  await add(attached, { kind: "request" });
  assert.equal((await third).value.n, 3);
  const first = all.next();
  await mock.call("POST", "/reset"); // by somebody else
  await add(mock, { kind: "command" });
  await mock.call("POST", "/fake/cut");
  assert.equal((await first).value.n, 1);
  await all.return();
});

test("its signal lets it go, and the mock runs on", async (t) => {
  const stop = new AbortController();
  const { mock, attached } = await attachFake(t, { signal: stop.signal });
  await add(attached, { kind: "open" });
  const all = attached.journal.follow();
  await all.next();
  const end = all.next();
  const hanging = rejected("aborted", attached.call("POST", "/fake/hang"));
  stop.abort();
  assert.equal((await end).done, true);
  assert.match((await hanging).message, /let go by its signal/);
  await rejected("aborted", attached.state());
  await rejected("aborted", attachMock({ management: mock.management, signal: stop.signal }));
  await mock.state();
});

test("an answer that does not come is not waited for, and requests may be made by others", async (t) => {
  const mock = await startFake(t);
  const asked = [];
  const fetch = (url, init) => (asked.push(`${init.method} ${url.slice(mock.management.length)}`), globalThis.fetch(url, init));
  const attached = await attachMock({ management: mock.management, fetch });
  assert.deepEqual(asked, ["GET /health", "GET /faults"]);
  await attached.journal.last();
  assert.equal(asked.length, 3);
  const never = (_, { signal }) => new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  assert.match((await rejected("timeout", attachMock({ management: mock.management, fetch: never, timeout: 0.01 }))).message, /GET \/health was not answered within 0\.01 s/);
});
