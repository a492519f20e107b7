// The main job, with clients nobody here wrote: create a Subscription, get a
// token, bind, be notified, catch up, clean up. Every frame is given to
// wsbind notification as well.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";

import { restClients } from "./rest.mjs";
import { startServer } from "./server.mjs";
import { sockets } from "./sockets.mjs";
import { readStatus, subscriptionFor } from "./subscriptions.mjs";

let server;
before(async () => { server = await startServer(); });
after(async () => { assert.equal(await server.stop(), 0, "serve ends cleanly"); });

const finished = { R4: "finished", R4B: "finished", R5: "completed" };
// Encounter.class is a Coding up to R4B and a list of CodeableConcept in R5.
const ambulatory = { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" };
const encounter = (release, status) => ({
  resourceType: "Encounter",
  status,
  class: release === "R5" ? [{ coding: [ambulatory] }] : ambulatory,
});

const valueOf = (parameters, name) => {
  const { name: _, ...value } = parameters.parameter.find((p) => p.name === name);
  return Object.values(value)[0];
};

function checkNotification(release, frame) {
  const { status, stdout, stderr } = spawnSync(
    process.env.WSBIND_BIN, ["notification", "--fhir", release, "-"], { input: frame, encoding: "utf8" });
  assert.equal(status, 0, `wsbind notification refuses ${frame}: ${stdout}${stderr}`);
}

async function nextStatus(release, socket) {
  const frame = await socket.next();
  checkNotification(release, frame);
  return readStatus(release, JSON.parse(frame));
}

async function encounterCompleteTopic(release, rest) {
  const type = release === "R4" ? "Basic" : "SubscriptionTopic";
  const bundle = await rest.search(type, { _count: "1000" });
  // The canonical is SubscriptionTopic.url, which a Basic has as an extension.
  const [, url] = JSON.stringify(bundle).match(/"(?:url|valueUri)":"([^"]*encounter-complete)"/) ?? [];
  assert.ok(url, `${release}: encounter-complete is among the ${type} resources`);
  return url;
}

for (const release of ["R4", "R4B", "R5"]) {
  for (const [restName, restFor] of Object.entries(restClients)) {
    for (const [socketName, connect] of Object.entries(sockets)) {
      test(`${release}, ${restName}, ${socketName}`, { timeout: 30_000 }, async () => {
        const rest = restFor(server.fhir(release));
        const metadata = await rest.metadata();
        assert.equal(metadata.resourceType, "CapabilityStatement");

        const topic = await encounterCompleteTopic(release, rest);
        const subscription = await rest.create(subscriptionFor(release, topic));
        assert.equal(subscription.status, "active");

        const binding = await rest.operation("$get-ws-binding-token", {
          input: { resourceType: "Parameters", parameter: [{ name: "id", valueId: subscription.id }] },
        });
        assert.equal(valueOf(binding, "subscription"), subscription.id);
        assert.ok(Date.parse(valueOf(binding, "expiration")) > Date.now());

        const socket = await connect(valueOf(binding, "websocket-url"));
        socket.send(`bind-with-token ${valueOf(binding, "token")}`);
        const handshake = await nextStatus(release, socket);
        assert.equal(handshake.type, "handshake");
        assert.match(handshake.subscription, new RegExp(`Subscription/${subscription.id}$`));

        const created = await rest.create(encounter(release, "in-progress"));
        const updated = await rest.update({ ...created, status: finished[release] });
        assert.equal(updated.meta.versionId, "2");
        const event = await nextStatus(release, socket);
        assert.equal(event.type, "event-notification");
        assert.equal(event.count, "1");
        assert.equal(event.events.length, 1);
        assert.match(event.events[0].focus, new RegExp(`Encounter/${created.id}$`));

        const again = await rest.operation("$get-ws-binding-token", { id: subscription.id, input: { resourceType: "Parameters" } });
        socket.send(`bind-with-token: ${valueOf(again, "token")}`);
        assert.equal((await nextStatus(release, socket)).type, "handshake", "a renewal is answered by a handshake");

        const missed = await rest.operation("$events", {
          id: subscription.id, method: "GET", input: { eventsSinceNumber: "1" },
        });
        assert.deepEqual(readStatus(release, missed).events.map((e) => e.number), ["1"]);

        await rest.delete("Subscription", subscription.id);
        await assert.rejects(rest.read("Subscription", subscription.id), /410|gone|deleted/i);
        await rest.create(encounter(release, finished[release]));
        const { code } = await socket.close();
        assert.equal(code, 1000);
        assert.equal(socket.pending(), 0, "a deleted Subscription sends nothing more");
      });
    }
  }
}

test("a token that is no token is refused with an outcome and 1008", { timeout: 10_000 }, async () => {
  const rest = restClients.fhirclient(server.fhir("R4"));
  const { id } = await rest.create(subscriptionFor("R4", await encounterCompleteTopic("R4", rest)));
  const url = valueOf(await rest.operation("$get-ws-binding-token", { id, method: "GET" }), "websocket-url");
  for (const connect of Object.values(sockets)) {
    const socket = await connect(url);
    socket.send("bind-with-token not.a.token");
    const outcome = JSON.parse(await socket.next());
    assert.equal(outcome.resourceType, "OperationOutcome");
    assert.deepEqual(await socket.closed, { code: 1008, reason: "invalid-token" });
  }
});
