// The stores on Cloudflare, in workerd.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { conformance, later } from "./conformance.mjs";
import { cloudflareKV, durableObjectStore } from "./stores.mjs";

const worker = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** Starts workerd with a namespace of KV and the object. */
async function start(folder) {
  const { outputFiles } = await build({ entryPoints: [worker], bundle: true, format: "esm", target: "es2022", write: false });
  const mf = new Miniflare({
    modules: true,
    script: outputFiles[0].text,
    compatibilityDate: "2025-05-05",
    kvNamespaces: ["KV"],
    durableObjects: { GATE_STORE: { className: "Store", useSQLite: true } },
    durableObjectsPersist: folder,
  });
  await mf.ready;
  return mf;
}

/** The Worker passes on what it is asked to the object. */
const stubOf = (mf) => ({ fetch: (url, init) => mf.dispatchFetch(url, init) });

conformance("cloudflare durable object", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-object-"));
  let mf = await start(folder);
  const store = () => durableObjectStore(() => stubOf(mf));
  return {
    stores: [store(), store()],
    stop: () => mf.dispose(),
    async resume() {
      mf = await start(folder);
    },
    async close() {
      await mf.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}, { fails: ["away"] });

conformance("cloudflare kv", async () => {
  const mf = await start(undefined);
  const namespace = await mf.getKVNamespace("KV");
  return { stores: [cloudflareKV(namespace), cloudflareKV(namespace)], close: () => mf.dispose() };
}, { atomic: false, counts: false, pushes: false });

test("a durable object", async (t) => {
  const mf = await start(undefined);
  t.after(() => mf.dispose());
  const store = durableObjectStore(stubOf(mf));

  await t.test("is used within workerd, by one request after the other", async () => {
    for (const number of [1, 2]) {
      const answer = await mf.dispatchFetch("http://gate/within");
      assert.deepEqual(await answer.json(), { puts: 1, number, told: [{ revocation: { jti: "within" }, at: number }] });
    }
  });

  await t.test("forgets what has expired, and keeps what has not", async () => {
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.putIfAbsent(`short ${i}`, "x", later())));
    await Promise.all(Array.from({ length: 150 }, (_, i) => store.putIfAbsent(`long ${i}`, "x", later() + 80_000)));
    await store.increment("n");
    await mf.dispatchFetch("http://gate/ahead?seconds=3700");
    assert.equal(await store.get("short 0"), undefined);
    assert.equal(await store.putIfAbsent("short 1", "again", later() + 7200), true);
    assert.equal(await store.get("long 149"), "x");
    assert.equal((await store.revoked()).records.length, 2);
    const left = (await keys(mf)).filter((key) => !key.startsWith("key:long"));
    assert.deepEqual(left, ["count:n", "count:within", "key:short 1", "revocations", "revoked:1", "revoked:2"]);
    await mf.dispatchFetch("http://gate/ahead?seconds=90000");
    assert.deepEqual(await keys(mf), ["count:n", "count:within", "revocations"]);
    assert.equal(await store.increment("n"), 2);
  });

  await t.test("refuses what is no call", async () => {
    const stub = stubOf(mf);
    for (const body of ['["constructor"]', '["__proto__"]', '["alarm"]', "[]"]) assert.equal((await stub.fetch("http://gate/", { method: "POST", body })).status, 404);
  });
});

/** What the object keeps; numbers of revocations without their zeros. */
async function keys(mf) {
  const answer = await mf.dispatchFetch("http://gate/keys");
  return (await answer.json()).map((key) => key.replace(/:0+/, ":"));
}
