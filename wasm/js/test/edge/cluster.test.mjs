// Gates behind one URL, each a process of its own, three in Go and one in Node: NATS is
// all that they have in common. One is killed, then NATS, and both come back.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { websocketSubscription } from "wsbind";
import { startMock } from "wsbind/mock";
import { binary } from "../mock.mjs";
import { endAll } from "./cleanup.mjs";
import { Client } from "./list/client.mjs";
import { newKey } from "./list/keys.mjs";
import { commands, serve } from "./list/runtimes.mjs";
import { freePort } from "./ports.mjs";
import { startNats } from "./store/engines.mjs";

/** How clients would reach them, by way of a load balancer. */
const publicUrl = "http://gate.example";
const authorization = "Bearer alice";
const json = { "content-type": "application/fhir+json", authorization };

/** Seconds: of a revocation a gate hears within the first, and without the store a binding lives on for both. */
const [pollInterval, storePatience] = [0.5, 0.75];

let nats, mock, key, folder, gates;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wsbind-cluster-"));
  [nats, mock, key] = await Promise.all([startNats(), startMock({ binary, dialect: "medplum" }), newKey("shared")]);
  await writeFile(join(folder, "key.jwk"), key.text, { mode: 0o600 });
  const subscription = { ...websocketSubscription({ fhir: "R4", topic: "http://wsbind.example/SubscriptionTopic/Encounter", content: "empty" }), id: "s1" };
  const made = await fetch(`${mock.base("R4")}/Subscription/s1`, { method: "PUT", headers: json, body: JSON.stringify(subscription) });
  assert.equal(made.status, 201);
  gates = await Promise.all([inGo(), inGo(), inGo(), inNode()]);
});

after(() => endAll(...(gates ?? []).map((gate) => () => gate.stop()), () => mock?.close(), () => nats?.close(), () => folder && rm(folder, { recursive: true })));

const websocketOfMock = () => `${mock.url.replace("http", "ws")}/ws/subscriptions-r4`;

async function inGo() {
  const [port, management] = await Promise.all([freePort(), freePort()]);
  const start = () => serve([
    binary, "gate", "--json", "--listen", `127.0.0.1:${port}`, "--management", `127.0.0.1:${management}`, "--public-url", publicUrl, "--path", "/fhir",
    "--upstream", mock.base("R4"), "--dialect", "medplum", "--upstream-websocket", websocketOfMock(), "--key", join(folder, "key.jwk"),
    "--store", `nats://127.0.0.1:${nats.port}`, "--replay", "shared", "--poll-interval", `${pollInterval}s`, "--store-patience", `${storePatience}s`,
  ], { port, env: { WSBIND_UPSTREAM_AUTHORIZATION: authorization } });
  return gate(start, `http://127.0.0.1:${management}/revoke`);
}

function inNode() {
  return freePort().then((port) => gate(() => serve([...commands.Node, fileURLToPath(new URL("natsgate.mjs", import.meta.url))], { port, env: {
    PUBLIC_URL: publicUrl, NATS: `127.0.0.1:${nats.port}`, SIGNING_KEY: key.text, FHIR_BASE: mock.base("R4"), FHIR_WEBSOCKET: websocketOfMock(), FHIR_AUTHORIZATION: authorization,
    POLL_INTERVAL: String(pollInterval), STORE_PATIENCE: String(storePatience),
  } }), `http://127.0.0.1:${port}/revoke`));
}

/** A gate: start is called again when it was killed. */
async function gate(start, management) {
  let process = await start();
  return {
    stop: () => process.stop(),
    restart: async () => void (process = await start()),
    connect: () => Client.open(`${process.origin.replace("http", "ws")}/ws`),
    async revoke(revocation) {
      const response = await fetch(management, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(revocation) });
      return (await response.json()).ended;
    },
  };
}

/** A token of its own. */
function issue({ jti = crypto.randomUUID(), sub = "alice" } = {}) {
  const now = Math.floor(Date.now() / 1000);
  return key.issuer.issue({ iss: `${publicUrl}/fhir`, aud: `${publicUrl.replace("http", "ws")}/ws`, sub, iat: now, exp: now + 300, jti, subscription: ["s1"] });
}

/** Shows a token to a gate, and returns its word: "bound", or that of the close. */
async function show(gate, token) {
  const client = await gate.connect();
  const { type } = await client.bind(token);
  if (type !== "handshake") return client.closed;
  await client.close();
  return "bound";
}

/** A client that has something bound, and the last number when it was. */
async function bound(gate, claims) {
  const client = await gate.connect();
  const told = await client.bind(await issue(claims));
  assert.equal(told.type, "handshake", told.text);
  return Object.assign(client, { total: told.total });
}

const each = (action) => Promise.all(gates.map(action));
const all = (word) => gates.map(() => word);

/** Until no gate is connected to the server any more. */
async function quiet() {
  while ((await mock.state()).fhir.some(({ sockets }) => sockets.length > 0)) ;
}

describe("gates that share a store", { timeout: 30_000 }, () => {
  /** Tokens for later steps to try: one was used, and one revoked before it was. */
  let used, revoked;

  test("a token is good at one of them", async () => {
    used = await issue();
    const answers = await each((gate) => show(gate, used));
    assert.deepEqual(answers.sort(), ["1008 already-used", "1008 already-used", "1008 already-used", "bound"]);
  });

  test("one that is killed leaves its clients to the others, and its tokens used", async () => {
    const [lost, ...others] = gates;
    const jti = crypto.randomUUID();
    const client = await bound(lost, { jti });
    await lost.stop();
    assert.match(await client.closed, /^1006/);
    for (const other of others) assert.equal(await show(other, await issue({ jti })), "1008 already-used");
    assert.equal(await show(others[0], await issue()), "bound");
    await lost.restart();
    assert.equal(await show(lost, await issue({ jti })), "1008 already-used");
  });

  test("what is revoked at one of them ends at all", async () => {
    for (const [at, sub] of [[gates[0], "bob"], [gates[3], "carol"]]) {
      revoked = await issue({ sub });
      const clients = await each((gate) => bound(gate, { sub }));
      assert.equal(await at.revoke({ subject: sub }), 1);
      assert.deepEqual(await Promise.all(clients.map(({ closed }) => closed)), all("1008 revoked-token"));
      assert.deepEqual(await each((gate) => show(gate, revoked)), all("1008 revoked-token"));
    }
  });

  test("events have one count", async () => {
    let last = 0;
    for (const gate of [gates[3], gates[1], gates[3]]) {
      await quiet();
      const client = await bound(gate);
      assert.equal(client.total, last);
      await mock.emit({ subscription: "s1", fhir: "R4", count: 2 });
      assert.deepEqual(await client.numbers("s1", 2), [last + 1, last + 2]);
      await client.close();
      last += 2;
    }
  });

  test("without the store nothing is bound, nor stays so", async () => {
    const clients = await each((gate) => bound(gate));
    await nats.kill();
    assert.deepEqual(await each(async (gate) => show(gate, await issue())), all("1013 store-unavailable"));
    assert.deepEqual(await Promise.all(clients.map(({ closed }) => closed)), all("1013 store-unavailable"));
  });

  test("with the store back they know what was used and what was revoked", async () => {
    await gates[0].stop(); // and what this one knew by itself is forgotten
    await nats.resume();
    await gates[0].restart();
    await each(async (gate) => {
      let word;
      while ((word = await show(gate, await issue())) !== "bound") assert.equal(word, "1013 store-unavailable");
    });
    assert.deepEqual(await each((gate) => show(gate, used)), all("1008 already-used"));
    assert.deepEqual(await each((gate) => show(gate, revoked)), all("1008 revoked-token"));
    const client = await bound(gates[2]);
    assert.equal(client.total, 6);
    await client.close();
  });
});
