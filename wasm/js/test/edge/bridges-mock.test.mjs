// Both bridges in front of bin/wsbind, in every release, over real sockets.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebSocket as WS } from "ws";
import { systemClock } from "../node_modules/wsbind/dist/client/clock.js";
import { startMock } from "../mock.mjs";
import { gate, subscription } from "./bridged.mjs";

const WebSocket = globalThis.WebSocket ?? WS;
const topic = "http://wsbind.example/SubscriptionTopic/Encounter";

const mocks = {};
before(async () => {
  const [medplum, legacy] = await Promise.all(["medplum", "legacy"].map((dialect) => startMock({ args: ["--dialect", dialect, "--lenient-get"] })));
  Object.assign(mocks, { medplum, legacy });
});
after(() => Promise.all(Object.values(mocks).map((mock) => mock.stop())));

/** Writes a resource, and returns the server's answer. */
async function put(mock, fhir, resource) {
  const response = await fetch(`${mock.base(fhir)}/${resource.resourceType}/${resource.id}`, {
    method: "PUT", headers: { "Content-Type": "application/fhir+json" }, body: JSON.stringify(resource),
  });
  assert.ok(response.ok, await response.text());
}

/** Where the mock has its websocket; Medplum's bridge asks itself. */
async function websocketUrl(mock, fhir, id) {
  const { parameter } = await (await fetch(`${mock.base(fhir)}/Subscription/${id}/$get-ws-binding-token`)).json();
  return parameter.find(({ name }) => name === "websocket-url").valueUrl;
}

const encounter = (fhir, id) =>
  ({ resourceType: "Encounter", id, status: "planned", class: fhir === "R5" ? [{ text: "ambulatory" }] : { code: "AMB" } });

for (const dialect of ["medplum", "legacy"]) {
  for (const fhir of ["R4", "R4B", "R5"]) {
    test(`${dialect} in ${fhir}`, { timeout: 30_000 }, async (t) => {
      const mock = mocks[dialect];
      const content = dialect === "medplum" ? "full-resource" : "empty";
      for (const id of ["s1", "s2"]) {
        await put(mock, fhir, { ...subscription(fhir, id, { content }), ...(fhir === "R5" ? { topic } : { criteria: topic, meta: profile }) });
      }
      const { channel } = gate(t, systemClock, {
        dialect, fhir, base: mock.base(fhir), WebSocket, ...(dialect === "legacy" && { websocketUrl: await websocketUrl(mock, fhir, "s1") }),
      });
      const [a, b] = [channel(), channel()];
      assert.deepEqual(await a.bind("s2", "s1"), { ids: ["s2", "s1"], omitted: [] });
      await b.bind("s1");
      assert.deepEqual(a.take(), ["handshake s2 0", "handshake s1 0"]);
      await put(mock, fhir, encounter(fhir, "e1"));
      await mock.manage("POST", "/events", { subscription: "s1", fhir, count: 2 });
      await Promise.all([a, b].map(({ listener }) => listener.until(/^event-notification s1 3/)));
      await a.listener.until(/^event-notification s2 1/);
      assert.deepEqual(b.take(), ["handshake s1 0", "event-notification s1 1", "event-notification s1 2", "event-notification s1 3"]);
      const [event] = a.listener.frames.filter(({ entry }) => JSON.stringify(entry[0]).includes("event-notification"));
      assert.equal(event.entry[1]?.resource.id, content === "empty" ? undefined : "e1");
      a.take();
      await a.bind("s1"); // a renewal
      assert.deepEqual(a.take(), ["handshake s1 3"]);

      await fetch(`${mock.base(fhir)}/Subscription/s1`, { method: "DELETE" });
      await assert.rejects(channel().bind("s1"), { code: "unknown-subscription" });
      await Promise.all([a.listener.until(/^outcome unknown-subscription s1/), b.listener.until(/^failed unknown-subscription/)]);
      await put(mock, fhir, encounter(fhir, "e2"));
      await a.listener.until(/^event-notification s2 2/);
    });
  }
}

test("legacy: what changed is fetched", { timeout: 30_000 }, async (t) => {
  const mock = mocks.legacy;
  await put(mock, "R4", encounter("R4", "before"));
  await put(mock, "R4", subscription("R4", "classic", { content: "full-resource", criteria: "Encounter?status=planned" }));
  const { channel } = gate(t, systemClock, {
    dialect: "legacy", fhir: "R4", base: mock.base("R4"), WebSocket, fetchResources: true, websocketUrl: await websocketUrl(mock, "R4", "classic"),
  });
  const a = channel();
  await a.bind("classic");
  await put(mock, "R4", encounter("R4", "new"));
  await a.listener.until(/^event-notification classic 1/);
  await put(mock, "R4", encounter("R4", "new"));
  await a.listener.until(/^event-notification classic 2/);
  assert.deepEqual(a.listener.frames.slice(1).map(({ entry: [, { resource }] }) => `${resource.id} ${resource.meta.versionId}`), ["new 1", "new 2"]);
});

for (const dialect of ["medplum", "legacy"]) {
  test(`${dialect}: a server that falls and comes back`, { timeout: 30_000 }, async (t) => {
    const mock = mocks[dialect];
    const create = () => put(mock, "R4", { ...subscription("R4", "fall", { criteria: topic }), meta: profile });
    await create();
    const { channel } = gate(t, systemClock, { dialect, fhir: "R4", base: mock.base("R4"), WebSocket, websocketUrl: wellKnown(mock, dialect) });
    const a = channel();
    await a.bind("fall");
    await mock.kill();
    await a.listener.until(/^lost upstream-unavailable/);
    await mock.restart(); // and has forgotten everything
    await a.listener.until(/^failed unknown-subscription/);
  });
}

function wellKnown(mock, dialect) {
  return `${mock.url.replace(/^http/, "ws")}${{ medplum: "/ws/subscriptions-r4", legacy: "/websocket" }[dialect]}`;
}

const profile = { profile: ["http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"] };
