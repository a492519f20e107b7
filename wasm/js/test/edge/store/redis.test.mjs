// The store on Redis, with a real redis-server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "redis";
import { VirtualClock } from "../../client/clock.mjs";
import { conformance, later } from "./conformance.mjs";
import { startRedis } from "./engines.mjs";
import { redisStore } from "./stores.mjs";

async function connected(port, options = {}) {
  const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: 20 }, ...options });
  client.on("error", () => {}); // it connects again
  return client.connect();
}

async function start(options, push = true) {
  const server = await startRedis();
  const clients = await Promise.all(Array.from({ length: 4 }, () => connected(server.port, options)));
  const [a, b, c, d] = clients;
  const clock = new VirtualClock(Date.now());
  const store = (client, subscriber) => redisStore(client, push ? { subscriber, clock } : { clock });
  return {
    stores: [store(a, b), store(c, d)],
    stop: server.kill,
    freeze: server.freeze,
    thaw: server.thaw,
    late: () => clock.advance(7500),
    async resume() {
      const ready = Promise.all(clients.map((client) => new Promise((resolve) => client.once("ready", resolve))));
      await server.resume();
      await ready;
    },
    async close() {
      for (const client of clients) client.destroy();
      await server.close();
    },
    client: a,
  };
}

conformance("redis, pushed", () => start(), { fails: ["away", "silent"] });
conformance("redis, polled, by RESP 2", () => start({ RESP: 2 }, false), { pushes: false, fails: ["away", "silent"] });

test("redis forgets what has expired, and what other prefixes have is not its own", async (t) => {
  const server = await start({ RESP: 2 });
  t.after(server.close);
  const [store] = server.stores;
  assert.equal(await store.putIfAbsent("old", "x", 1_700_000_000), true);
  assert.equal(await store.get("old"), undefined);
  const until = later();
  assert.equal(await store.putIfAbsent("new", "x", until - 0.5), true);
  assert.equal(await server.client.sendCommand(["EXPIRETIME", "wsbind:key:new"]), until);
  const other = redisStore(server.client, { prefix: "other:" });
  assert.equal(await other.get("new"), undefined);
  assert.equal(await other.increment("n"), 1);
  assert.deepEqual(await other.revoked(), { records: [], cursor: "0-0" });
});
