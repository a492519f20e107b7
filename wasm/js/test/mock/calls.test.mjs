// The words of a mock, and what the management interface is sent for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultNames } from "wsbind/mock";
import { rejected } from "../kit/support.mjs";
import { add, startFake } from "./support.mjs";

test("the clock is read, advanced and set", async (t) => {
  const mock = await startFake(t);
  const at = (time) => ({ now: new Date(time), virtual: true, shared: false });
  assert.deepEqual(await mock.clock(), at("2026-01-01T00:00:00Z"));
  assert.deepEqual(await mock.advance(90), at("2026-01-01T00:01:30Z"));
  assert.deepEqual(await mock.advance("1h"), at("2026-01-01T01:01:30Z"));
  assert.deepEqual(await mock.setClock(new Date("2026-02-01T00:00:00Z")), at("2026-02-01T00:00:00Z"));
  assert.deepEqual(await mock.setClock("2026-03-01T00:00:00Z"), at("2026-03-01T00:00:00Z"));
  await rejected("invalid-option", mock.setClock(12));
});

test("faults are planned, shown and cleared", async (t) => {
  const { faults } = await startFake(t);
  const planned = await faults.next("gap", { fault: "drop", subscription: "s1", times: 2 });
  assert.deepEqual(planned, [{ id: 1, struck: 0, fault: "gap" }, { id: 2, struck: 0, fault: "drop", subscription: "s1", times: 2 }]);
  assert.deepEqual(await faults.set({ fault: "duplicate", probability: 0.5 }), [{ id: 3, struck: 0, fault: "duplicate", probability: 0.5 }]);
  await faults.clear(1);
  const state = await faults.state();
  assert.deepEqual(state.planned.map(({ id }) => id), [2, 3]);
  assert.deepEqual({ ...state, planned: 0 }, { profile: "polite", seed: 7, planned: 0, struck: { gap: 2 } });
  await faults.clear();
  assert.deepEqual((await faults.state()).planned, []);
  assert.deepEqual(await faults.next(), []);
  assert.deepEqual(await faults.catalogue(), [{ fault: "gap" }]);
});

test("faults that cannot be planned are refused", async (t) => {
  const { faults } = await startFake(t);
  await rejected("invalid-option", faults.set({ fault: "gap" }));
  await rejected("invalid-option", faults.set("gap"));
  const refused = await rejected("malformed-request", faults.next("nothing"));
  assert.equal(refused.message, 'POST /faults: "nothing" is no fault');
  assert.equal(refused.expression, "fault");
  assert.equal(refused.issues[0].code, "malformed-request");
});

test("events are made, tokens revoked, Subscriptions put in error and out of it", async (t) => {
  const mock = await startFake(t);
  assert.deepEqual(await mock.emit({ subscription: "s1", count: 3, fhir: undefined }), [{ fhir: "R5", subscription: "s1", first: 1, last: 3 }]);
  assert.equal((await mock.journal.entries())[0].text, '{"subscription":"s1","count":3}');
  assert.equal(await mock.revoke({ jti: "x" }), 2);
  assert.match((await rejected("malformed-request", mock.revoke({}))).message, /exactly one/);
  assert.deepEqual(await mock.setError("s/1"), { id: "s/1", status: "error" });
  assert.deepEqual(await mock.reactivate("s1", "R4"), { id: "s1", status: "reactivate" });
  assert.deepEqual(await mock.state(), { fhir: [], tenant: "" });
});

test("findings are told", async (t) => {
  const mock = await startFake(t);
  assert.deepEqual(await mock.verdicts(), []);
  await mock.call("POST", "/fake/finding", { code: "used-dead-token", severity: "error" });
  assert.deepEqual(await mock.verdicts(), [{ code: "used-dead-token", severity: "error" }]);
});

test("assertions pass, or tell what came nearest", async (t) => {
  const mock = await startFake(t);
  await mock.assert("holds", "holds");
  const results = await mock.check("holds", { fact: "bound", times: 2 });
  assert.deepEqual(results.map(({ passed, found }) => [passed, found]), [[true, 1], [false, 1]]);
  const { message } = await rejected("assertion-failed", mock.assert("holds", "bound twice", { fact: "bound", times: 2 }));
  assert.deepEqual(message.split("\n"), [
    "2 of 3 assertions do not hold:",
    "- bound twice: found 1", "    nearest: connected (entry 4)", "    nearest: nothing else",
    "- bound: found 1", "    nearest: connected (entry 4)", "    nearest: nothing else",
  ]);
});

test("tenants share a server and nothing else", async (t) => {
  const mock = await startFake(t);
  const [one, other] = await Promise.all([mock.tenant("one", { seed: 3, sharedClock: true }), mock.tenant()]);
  assert.equal(one.url, `${mock.url}/t/one`);
  assert.equal(one.management, `${mock.management}/t/one`);
  assert.equal(one.base("R5"), `${mock.url}/t/one/fhir/R5`);
  assert.deepEqual([one.name, one.seed, mock.name], ["one", 3, ""]);
  assert.match(other.name, /^[0-9a-f]{32}$/);
  await add(one, { kind: "open" });
  await one.faults.next("gap");
  await one.advance(60);
  for (const tenant of [mock, other]) {
    assert.deepEqual(await tenant.journal.entries(), []);
    assert.deepEqual((await tenant.faults.state()).planned, []);
    assert.equal((await tenant.clock()).now.toISOString(), "2026-01-01T00:00:00.000Z");
  }
  assert.deepEqual(await one.state(), { fhir: [], tenant: "one" });
  await one.reset();
  assert.deepEqual(await one.journal.entries(), []);
  await one.delete();
  await rejected("not-found", one.state());
  await rejected("not-found", one.delete());
  await other[Symbol.asyncDispose]();
  await rejected("invalid-option", mock.tenant("a/b"));
  await rejected("invalid-option", mock.tenant("a", { sed: 1 }));
  await rejected("limit-reached", mock.tenant("taken"));
});

test("the mock's own members are about the tenant that it was told", async (t) => {
  const mock = await startFake(t, { tenant: "mine" });
  assert.equal(mock.base("R4"), `${mock.url}/fhir/R4`);
  assert.match(mock.url, /\/t\/mine$/);
  assert.deepEqual(await mock.state(), { fhir: [], tenant: "mine" });
  await mock.restart();
  assert.deepEqual(await mock.state(), { fhir: [], tenant: "mine" });
  await rejected("limit-reached", startFake(t, { tenant: "taken" }));
});

test("an answer that is none of the interface's is an error with what it says", async (t) => {
  const mock = await startFake(t);
  const answer = (status, text) => mock.call("POST", "/fake/answer", { status, text });
  assert.match((await rejected("not-found", answer(404, "what?"))).message, /was answered 404: "what\?"/);
  assert.match((await rejected("malformed-request", answer(500, '{"issues":[]}'))).message, /was answered 500/);
  await rejected("invalid-json", answer(200, "{"));
  assert.equal(await answer(200, ""), undefined);
  const strange = await rejected("internal", answer(400, '{"issues":[{"code":"of-tomorrow","diagnostics":"a newer server"}]}'));
  assert.match(strange.message, /a newer server/);
  assert.equal(new Set(faultNames).size, faultNames.length);
});
