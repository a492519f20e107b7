// The store on NATS JetStream KV, with a real nats-server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { VirtualClock } from "../../client/clock.mjs";
import { conformance, later } from "./conformance.mjs";
import { startNats } from "./engines.mjs";
import { natsStore } from "./stores.mjs";

const day = 24 * 3600;

async function gate(port, clock) {
  const connection = await connect({ servers: `127.0.0.1:${port}`, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
  const kvm = new Kvm(connection);
  const tokens = await kvm.create("wsbind_tokens", { ttl: 25 * 3600 * 1000 });
  const counters = await kvm.create("wsbind_counters");
  return { connection, kvm, tokens, counters, store: natsStore({ connection, tokens, counters, clock }) };
}

/** Resolves when a connection is back. */
async function back(connection) {
  for await (const { type } of connection.status()) if (type === "reconnect") return;
}

async function start() {
  const server = await startNats();
  const clock = new VirtualClock(Date.now());
  const gates = [await gate(server.port, clock), await gate(server.port, clock)];
  return {
    gates,
    stores: gates.map(({ store }) => store),
    stop: server.kill,
    freeze: server.freeze,
    thaw: server.thaw,
    late: () => clock.advance(7500),
    async resume() {
      const ready = Promise.all(gates.map(({ connection }) => back(connection)));
      await server.resume();
      await ready;
    },
    async close() {
      await Promise.all(gates.map(({ connection }) => connection.close()));
      await server.close();
    },
  };
}

conformance("nats", start, { fails: ["away", "silent"] });

test("buckets of NATS", async (t) => {
  const server = await start();
  t.after(server.close);
  const [{ connection, kvm, tokens, counters, store }] = server.gates;

  await t.test("hold what the gates in Go read", async () => {
    await store.putIfAbsent("jti.a b..é", "used", later());
    assert.equal((await tokens.get("key.jti.a=20b.=.=C3=A9"))?.string(), "used");
    await store.increment("events.42");
    assert.equal((await counters.get("events.42"))?.string(), "1");
    await store.revoke({ revocation: { subject: "é" }, at: 1.5 });
    for await (const { key, value } of await tokens.history({ key: "revoked.>" })) {
      assert.match(key, /^revoked\.[0-9a-f-]{36}$/);
      assert.deepEqual(JSON.parse(Buffer.from(value)), { subject: "é", at: 1.5 });
    }
  });

  await t.test("are refused where they would forget too early", async () => {
    await assert.rejects(store.putIfAbsent("long", "x", later() + 2 * day), { code: "invalid-option", message: /keeps it for 90000 s/ });
    const short = await kvm.create("short", { ttl: 3_600_000 });
    await assert.rejects(natsStore({ connection, tokens: short, counters }).get("x"), { code: "invalid-option", message: /live for 3600 s/ });
    await assert.rejects(natsStore({ connection, tokens, counters: short }).count("x"), { code: "invalid-option", message: /numbers would repeat/ });
  });

  await t.test("that are made anew are told from the start", async () => {
    const { cursor } = await store.revoked();
    await tokens.destroy();
    await kvm.create("wsbind_tokens", { ttl: 25 * 3600 * 1000 });
    await store.revoke({ revocation: { jti: "new" }, at: 1 });
    assert.deepEqual((await store.revoked(cursor)).records, [{ revocation: { jti: "new" }, at: 1 }]);
  });

  await t.test("that hold what is no number or no revocation are an error", async () => {
    await counters.put("events.bad", "1e3");
    await assert.rejects(store.increment("events.bad"), { code: "store-unavailable" });
    await tokens.put("revoked.bad", "{}");
    await assert.rejects(store.revoked(), { code: "store-unavailable", message: /cannot be read/ });
  });
});
