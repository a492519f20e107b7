// wsbind/mock and bin/wsbind: the process, and what is done to a server behind its
// clients' backs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rejected } from "../kit/support.mjs";
import { listen, startReal } from "./support.mjs";

test("it starts, answers and ends", async (t) => {
  const log = [];
  const mock = await startReal(t, { onLog: (line) => log.push(JSON.parse(line).msg) });
  for (const fhir of ["R4", "R4B", "R5"]) assert.equal((await fetch(`${mock.base(fhir)}/metadata`)).status, 200);
  const state = await mock.state();
  assert.deepEqual(state.fhir.map(({ fhir, base, subscriptions, sockets }) => [fhir, base, subscriptions, sockets]),
    ["R4", "R4B", "R5"].map((fhir) => [fhir, mock.base(fhir), [], []]));
  assert.deepEqual(await mock.close(), { code: 0, findings: [] });
  assert.equal(log.at(-1), "closing");
  assert.match(mock.log, /never for patient data/);
});

test("flags that it refuses are told in its words", async (t) => {
  const { message } = await rejected("connection-failed", startReal(t, { lifetime: "1ms" }));
  assert.match(message, /ended with exit status 2; the end of its log:\n.*--lifetime 1ms is not possible/);
});

test("options reach it", async (t) => {
  const mock = await startReal(t, { requireAuth: true, lifetime: 30, args: ["--alg", "ES384"] });
  assert.equal((await fetch(`${mock.base("R4")}/Patient`)).status, 401);
  assert.equal((await mock.state()).keys.algorithm, "ES384");
});

test("events are made and arrive", async (t) => {
  const mock = await startReal(t);
  const { next } = await listen(t, mock);
  assert.deepEqual(await mock.emit({ subscription: "s1", count: 2 }), [{ fhir: "R5", subscription: "s1", first: 1, last: 2 }]);
  assert.deepEqual([(await next()).events[0].eventNumber, (await next()).events[0].eventNumber], [1n, 2n]);
  const [{ subscriptions: [one], sockets: [socket] }] = (await mock.state()).fhir.filter(({ fhir }) => fhir === "R5");
  assert.deepEqual([one.id, one.events, one.bound, socket.bound[0].subscription], ["s1", 2, 1, "s1"]);
  assert.match((await rejected("not-found", mock.emit({ subscription: "s2" }))).message, /no Subscription "s2"/);
});

test("a Subscription is put in error, and out of it", async (t) => {
  const mock = await startReal(t);
  const { next } = await listen(t, mock);
  assert.equal((await mock.setError("s1", "R5")).status, "error");
  assert.equal((await next()).type, "query-status");
  await rejected("subscription-not-bindable", next());
  assert.equal((await mock.reactivate("s1")).status, "active");
});

test("revoked tokens end bindings, and the client comes back", async (t) => {
  const mock = await startReal(t);
  const { next } = await listen(t, mock);
  assert.equal(await mock.revoke({ subscription: "s1" }), 1);
  assert.equal((await next()).type, "handshake");
});

test("a server that crashed comes back where it was, and has forgotten everything", async (t) => {
  const mock = await startReal(t);
  const { client } = await listen(t, mock);
  const { url } = mock;
  await mock.restart();
  assert.equal(mock.url, url);
  assert.deepEqual((await mock.state()).fhir.flatMap(({ subscriptions }) => subscriptions), []);
  assert.equal((await client.closed).code, "not-found");
});
