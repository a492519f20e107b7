// Two deployments of which no README shows everything: a token endpoint and its gate
// apart from each other, and Cloudflare KV as the store.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Miniflare } from "miniflare";
import { websocketSubscription } from "wsbind";
import { startMock } from "wsbind/mock";
import { binary } from "../mock.mjs";
import { lastFirst } from "./cleanup.mjs";
import { copyExample, prepareNode } from "./list/cells.mjs";
import { Client } from "./list/client.mjs";
import { newKey, serveKeys } from "./list/keys.mjs";
import { freePort } from "./ports.mjs";
import { bundle, configuration } from "./list/workerd.mjs";
import { serveEdge } from "./vercel.mjs";

const topic = "http://wsbind.example/SubscriptionTopic/Encounter";

/** A FHIR server with the Subscription s1. */
async function server(atEnd) {
  const mock = await startMock({ binary });
  atEnd(() => mock.close());
  const body = JSON.stringify({ ...websocketSubscription({ fhir: "R4", topic, content: "empty" }), id: "s1" });
  await fetch(`${mock.base("R4")}/Subscription/s1`, { method: "PUT", headers: { "content-type": "application/fhir+json" }, body });
  return mock.base("R4");
}

async function askToken(base) {
  const response = await fetch(`${base}/Subscription/s1/$get-ws-binding-token`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const { parameter } = JSON.parse(text);
  const value = (name) => Object.values(parameter.find((each) => each.name === name))[1];
  return { token: value("token"), url: value("websocket-url") };
}

const env = (settings) => Object.entries(settings).map(([name, text]) => `${name}='${text}'\n`).join("");

test("a token of Vercel's is good at a gate elsewhere, which has the public key only", async (t) => {
  const atEnd = lastFirst(t);
  const [FHIR_BASE, key, own, ports] = await Promise.all([server(atEnd), newKey("vercel"), newKey("own"), Promise.all([freePort(), freePort()])]);
  const keys = await serveKeys(key);
  atEnd(() => keys.close());
  const settings = { PUBLIC_URL: `http://127.0.0.1:${ports[0]}`, WEBSOCKET_URL: `ws://127.0.0.1:${ports[1]}/ws`, FHIR_BASE, ANONYMOUS: "true" };
  const vercel = await copyExample("vercel");
  atEnd(vercel.remove);
  await writeFile(join(vercel.folder, ".env"), env({ ...settings, SIGNING_KEY: key.text }));
  const edge = await serveEdge(vercel.folder, ports[0]);
  atEnd(edge.stop);
  const node = await prepareNode();
  atEnd(node.end);
  const gate = await node.start(ports[1], { ...settings, SIGNING_KEY: own.text, JWKS_URL: keys.url });
  atEnd(() => gate.stop());
  const { token, url } = await askToken(`${settings.PUBLIC_URL}/fhir`);
  assert.equal(url, settings.WEBSOCKET_URL);
  const client = await Client.open(url);
  assert.equal((await client.bind(token)).type, "handshake");
  await client.close();
});

test("KV is the store where it is bound", async (t) => {
  const atEnd = lastFirst(t);
  const [FHIR_BASE, key, port, { folder, remove }] = await Promise.all([server(atEnd), newKey("kv"), freePort(), copyExample("cloudflare-worker")]);
  atEnd(remove);
  const [out, { durable_objects, vars, compatibility_date }] = await Promise.all([bundle(folder), configuration(folder)]);
  const worker = new Miniflare({
    host: "127.0.0.1", port, compatibilityDate: compatibility_date, modules: true, modulesRoot: out, scriptPath: join(out, "worker.js"),
    modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
    durableObjects: Object.fromEntries(durable_objects.bindings.map(({ name, class_name }) => [name, { className: class_name, useSQLite: true }])),
    kvNamespaces: ["GATE_KV"],
    bindings: { ...vars, PUBLIC_URL: `http://127.0.0.1:${port}`, FHIR_BASE, SIGNING_KEY: key.text, ANONYMOUS: "true", ADMIN_SECRET: "secret" },
    handleRuntimeStdio: (stdout, stderr) => [stdout, stderr].forEach((stream) => stream.resume()),
  });
  atEnd(() => worker.dispose());
  await worker.ready;
  const { token, url } = await askToken(`http://127.0.0.1:${port}/fhir`);
  const client = await Client.open(url);
  assert.equal((await client.bind(token)).type, "handshake");
  assert.equal((await client.bind(token)).code, "already-used");
  const namespace = await worker.getKVNamespace("GATE_KV");
  assert.equal((await namespace.list({ prefix: "wsbind:key:" })).keys.length, 1);
  const revoke = (secret) => fetch(`http://127.0.0.1:${port}/revoke`, { method: "POST", headers: { authorization: `Bearer ${secret}` }, body: '{"subscription":"s1"}' });
  assert.equal((await revoke("Secret")).status, 404);
  const revoked = await revoke("secret");
  assert.deepEqual(await revoked.json(), { ended: 1 });
  assert.equal(await client.closed, "1008 revoked-token");
});
