// The words of wsbind/mock and what bin/wsbind makes of them: journal, faults,
// clock, findings, assertions and tenants.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultNames } from "wsbind/mock";
import { WebSocket } from "ws";
import { rejected } from "../kit/support.mjs";
import { listen, startReal, take } from "./support.mjs";

test("the names of the faults are those of the catalogue", async (t) => {
  const { faults } = await startReal(t);
  const catalogue = await faults.catalogue();
  assert.deepEqual(catalogue.map(({ fault }) => fault), faultNames);
  for (const { does, tests, layer } of catalogue) assert.ok(does && tests && layer);
});

test("the journal has what happened, and no token", async (t) => {
  const mock = await startReal(t);
  const all = mock.journal.follow();
  const waits = mock.journal.until({ type: "handshake", subscription: "s1" });
  await listen(t, mock);
  const handshake = await waits;
  assert.equal(handshake.kind, "sent");
  const seen = await take(all, handshake.n);
  assert.deepEqual(seen.map(({ n }) => n), seen.map((_, i) => i + 1));
  await all.return();
  const [bound] = await mock.journal.entries({ kind: "received" });
  assert.deepEqual([bound.type, bound.verdict, bound.subscriptions], ["bind", "ok", ["s1"]]);
  assert.ok(!JSON.stringify(seen).includes("eyJ"));
  assert.equal((await mock.journal.entries({ interaction: "$get-ws-binding-token" })).length, 1);
});

test("a fault strikes the next event, and the client makes up for it", async (t) => {
  const mock = await startReal(t);
  const { next } = await listen(t, mock);
  const [planned] = await mock.faults.next({ fault: "gap", subscription: "s1" });
  assert.equal(planned.left, 1);
  await mock.emit({ subscription: "s1" });
  await mock.emit({ subscription: "s1" });
  assert.deepEqual([(await next()).events[0].eventNumber, (await next()).events[0].eventNumber], [1n, 2n]);
  assert.equal((await mock.faults.state()).struck.gap, 1);
  assert.equal((await mock.journal.until({ fault: "gap" })).kind, "withheld");
  assert.match((await rejected("malformed-request", mock.faults.next({ fault: "gap", seconds: 3 }))).message, /seconds means nothing to the fault gap/);
});

test("faults by chance are planned until they are cleared", async (t) => {
  const { faults, seed } = await startReal(t, { seed: 7 });
  assert.equal(seed, 7);
  const [{ id, probability }] = await faults.set({ fault: "duplicate", probability: 0.5 });
  assert.equal(probability, 0.5);
  await faults.clear(id);
  assert.deepEqual(await faults.state(), { profile: "polite", seed: 7, planned: [], struck: {} });
});

test("a virtual clock stands still, is advanced, and never goes back", async (t) => {
  const start = "2026-03-01T12:00:00Z";
  const mock = await startReal(t, { clock: "virtual", start });
  assert.deepEqual(await mock.clock(), { now: new Date(start), virtual: true, shared: false });
  await mock.advance(90);
  assert.equal((await mock.advance("1h")).now.toISOString(), "2026-03-01T13:01:30.000Z");
  assert.equal((await mock.setClock("2026-03-02T00:00:00Z")).now.toISOString(), "2026-03-02T00:00:00.000Z");
  await assert.rejects(mock.setClock(start), { name: "WsbindError" });
  assert.ok((await mock.journal.entries({ kind: "command" })).length >= 3);
});

test("what a client did is found in assertions, and what it did wrong in findings", async (t) => {
  const mock = await startReal(t);
  await listen(t, mock);
  await mock.assert("bound once");
  const { message } = await rejected("assertion-failed", mock.assert("bound once", "bound twice"));
  assert.match(message, /^1 of 2 assertions do not hold:\n- bound twice: found 1\n    nearest: bound Subscription s1 at /);
  const [once, twice] = await mock.check("bound once", "bound twice");
  assert.deepEqual([once.passed, once.found, twice.passed, twice.found], [true, 1, false, 1]);
  assert.deepEqual(await mock.verdicts(), []);
});

test("tenants share a server and nothing else", async (t) => {
  const mock = await startReal(t, { seed: 7 });
  const [one, other] = await Promise.all([mock.tenant("one", { seed: 3, clock: "virtual" }), mock.tenant()]);
  assert.deepEqual([one.seed, (await one.clock()).virtual, (await other.clock()).virtual], [3, true, false]);
  await Promise.all([listen(t, one), listen(t, other)]); // both have a Subscription s1
  await one.emit({ subscription: "s1", count: 3 });
  assert.equal((await other.state()).fhir[2].subscriptions[0].events, 0);
  assert.deepEqual(await mock.journal.entries(), []);
  await one.reset();
  assert.deepEqual((await one.state()).fhir[2].subscriptions, []);
  await one.delete();
  assert.equal((await other.state()).fhir[2].subscriptions.length, 1);
});

test("a tenant that starts anew is followed from its first entry", async (t) => {
  const mock = await startReal(t);
  const tenant = await mock.tenant();
  await fetch(`${tenant.base("R4")}/Patient`);
  const all = tenant.journal.follow({ kind: "request" });
  assert.equal((await all.next()).value.interaction, "search-type");
  const next = all.next();
  await tenant.reset();
  await fetch(`${tenant.base("R4")}/metadata`);
  assert.equal((await next).value.interaction, "capabilities");
  await all.return();
});

test("closing tells what clients did wrong", async (t) => {
  const mock = await startReal(t, { args: ["--fail-on", "warning"] });
  const socketUrl = (await mock.state()).fhir[2].websocketUrl;
  const socket = new WebSocket(socketUrl);
  socket.on("open", () => socket.send("hello"));
  await new Promise((resolve) => socket.on("close", resolve));
  const { code, findings } = await mock.close();
  assert.equal(code, 1);
  assert.ok(findings.some(({ code, advice }) => code === "unknown-frame" && advice), JSON.stringify(findings));
});
