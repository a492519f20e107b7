// Medplum's clients against the dialect of their server. They open the socket
// before they have a Subscription, and take nothing from websocket-url.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startMedplum, versions } from "./medplum.mjs";
import { manage, startServer } from "./server.mjs";

const MINUTE = 60; // seconds

let server;
before(async () => { server = await startServer("--dialect", "medplum", "--lifetime", "1h"); });
after(async () => { assert.equal(await server.stop(), 0, "serve ends cleanly"); });

const communication = (text) => ({ resourceType: "Communication", status: "completed", payload: [{ contentString: text }] });
const task = (status) => ({ resourceType: "Task", status, intent: "order" });

// The only Bundle that these clients' applications know: the resource second.
function checkEvent(bundle, subscription, resource) {
  assert.equal(bundle.resourceType, "Bundle");
  assert.equal(bundle.type, "history");
  assert.deepEqual(bundle.entry.map((entry) => Object.keys(entry).sort()), [["resource"], ["fullUrl", "resource"]]);
  const [{ resource: status }, { resource: focus }] = bundle.entry;
  const { id, notificationEvent, ...rest } = status;
  assert.deepEqual(rest, {
    resourceType: "SubscriptionStatus",
    status: "active",
    type: "event-notification",
    subscription: { reference: `Subscription/${subscription}` },
  });
  assert.equal(notificationEvent.length, 1);
  assert.equal(notificationEvent[0].eventNumber, "0");
  assert.equal(notificationEvent[0].focus.reference, `${resource.resourceType}/${resource.id}`);
  assert.deepEqual(focus, resource);
}

for (const version of versions) {
  const scenario = (name, run, path = "", settings) => test(`medplum ${version}: ${name}`, { timeout: 90_000 }, async (t) => {
    const base = server.base + path;
    if (settings) await manage(server, path.replace("/t/", "tenants/"), settings, "PUT");
    const client = await startMedplum(version, base);
    t.after(() => client.stop());
    await run(client, base);
  });

  async function subscribesAndIsNotified(client, base) {
    const subscription = await client.subscribe("Communication");
    assert.equal(await client.next("wire", "socket"), `${base.replace(/^http/, "ws")}/ws/subscriptions-r4`);
    await client.next("master", "open");
    await client.next("Communication", "open");
    assert.deepEqual(await client.next("master", "connect"), { subscriptionId: subscription });
    const { type, payload } = JSON.parse(await client.next("sent", "bind-with-token"));
    assert.deepEqual([type, Object.keys(payload)], ["bind-with-token", ["token"]]);

    const stored = await client.tell("read", "Subscription", subscription);
    assert.equal(stored.status, "active");
    assert.equal(stored.criteria, "Communication");
    assert.deepEqual(stored.channel, { type: "websocket" });

    const created = await client.tell("create", communication("hello"));
    const bundle = await client.next("Communication", "message");
    assert.deepEqual(await client.next("master", "message"), bundle);
    checkEvent(bundle, subscription, created);
    assert.equal(client.pending("master", "error"), 0);
  }
  scenario("subscribes, and is notified", subscribesAndIsNotified);
  scenario("subscribes below a tenant", subscribesAndIsNotified, `/t/medplum-${version}`);

  const beats = `/t/beats-${version}`;
  scenario("has two criteria on one socket, and one heartbeat for both", async (client) => {
    const ids = { Communication: await client.subscribe("Communication") };
    ids["Task?status=requested"] = await client.subscribe("Task?status=requested");
    await client.next("wire", "socket");
    assert.equal(client.pending("wire", "socket"), 0, "one socket");

    await client.tell("create", task("draft"));
    const requested = await client.tell("create", task("requested"));
    checkEvent(await client.next("Task?status=requested", "message"), ids["Task?status=requested"], requested);
    const sent = await client.tell("create", communication("second"));
    checkEvent(await client.next("Communication", "message"), ids.Communication, sent);
    assert.equal(client.pending("Task?status=requested", "message"), 0);

    await manage(server, `${beats.slice(1)}/clock/advance`, { seconds: 10 });
    const { entry } = await client.next("master", "heartbeat");
    assert.deepEqual(entry.map(({ resource }) => resource.type), ["heartbeat", "heartbeat"]);
    const named = entry.map(({ resource }) => resource.subscription.reference).sort();
    assert.deepEqual(named, Object.values(ids).map((id) => `Subscription/${id}`).sort());
  }, beats, { clock: "virtual" });

  scenario("pings, bound or not", async (client) => {
    await client.next("master", "open");
    await client.ping();
    await client.subscribe("Communication");
    await client.ping();
    await client.ping();
    await client.next("wire", "socket");
    assert.equal(client.pending("wire", "socket"), 0, "a ping that is answered makes no new socket");
  });

  scenario("unbinds", async (client) => {
    await client.subscribe("Communication");
    const stays = await client.subscribe("Task");
    const { payload: { token } } = JSON.parse(await client.next("sent", "bind-with-token"));

    // Version 5 waits ten seconds for somebody who subscribes again, and looks
    // when it pings.
    await client.tell("unsubscribe", "Communication");
    await client.tell("pass", 10);
    await client.ping();
    await client.next("Communication", "disconnect");
    assert.deepEqual(JSON.parse(await client.next("sent", "unbind-from-token")).payload, { token });
    await client.ping();

    await client.tell("create", communication("for nobody"));
    const created = await client.tell("create", task("requested"));
    checkEvent(await client.next("Task", "message"), stays, created);
    await client.next("master", "message");
    assert.equal(client.pending("master", "message"), 0, "nothing of what was unbound");

    await client.tell("unsubscribe", "Task");
    await client.tell("pass", 10);
    await client.tell("tick", 5_000);
    await client.next("master", "close");
  });

  scenario("connects again when the connection is cut", async (client) => {
    const lost = await client.subscribe("Communication");
    await client.next("master", "open");
    await client.next("Communication", "open");
    await manage(server, "faults", { fault: "drop" });
    await client.tell("create", communication("lost"));
    await client.next("master", "close");
    await client.next("Communication", "close");

    await client.next("master", "open");
    await client.next("Communication", "open");
    const { subscriptionId } = await client.next("Communication", "connect");
    assert.notEqual(subscriptionId, lost, "it makes another Subscription");
    const created = await client.tell("create", communication("found"));
    checkEvent(await client.next("Communication", "message"), subscriptionId, created);
    // Version 5 unbinds on the new socket what it had bound on the old one.
    assert.equal(client.pending("sent", "unbind-from-token"), version === "5" ? 1 : 0);
    assert.equal(client.pending("received", "OperationOutcome"), 0);
  });

  scenario("survives a token that is none, and frames that are nothing", async (client) => {
    const subscription = await client.subscribe("Communication");
    const gone = await client.subscribe("Task");
    await client.next("sent", "bind-with-token");
    const ofGone = await client.next("sent", "bind-with-token");

    await client.tell("send", JSON.stringify({ type: "bind-with-token", payload: { token: "not.a.token" } }));
    const outcome = JSON.parse(await client.next("received", "OperationOutcome"));
    assert.equal(outcome.issue[0].severity, "error");
    if (version === "4") {
      // It looks for a status in every frame, and reports that there is none.
      await client.next("master", "error");
      await client.next("Communication", "error");
    }

    await client.tell("remove", "Subscription", gone);
    for (const frame of [ofGone, "bind-with-token not.a.token", '{"type":"bind-with-token"}', '{"type":"subscribe"}']) {
      await client.tell("send", frame);
    }
    await client.ping();
    assert.equal(client.pending("received", "OperationOutcome"), 0, "all this is met with silence");
    assert.equal(client.pending("master", "close"), 0);

    const created = await client.tell("create", communication("still here"));
    checkEvent(await client.next("Communication", "message"), subscription, created);
    assert.equal(client.pending("master", "error"), 0);
  });

  scenario(version === "4" ? "never renews" : "renews five minutes before the token expires", async (client) => {
    const subscription = await client.subscribe("Communication");
    const first = await client.next("sent", "bind-with-token");
    await client.tell("pass", 54 * MINUTE);
    assert.equal(await client.tell("tick", 60_000), version === "4" ? 0 : 1);
    if (version === "4") return;
    await client.ping();
    assert.equal(client.pending("sent", "bind-with-token"), 0, "six minutes before");

    await client.tell("pass", 2 * MINUTE);
    await client.tell("tick", 60_000);
    assert.notEqual(await client.next("sent", "bind-with-token"), first);
    assert.deepEqual(await client.next("Communication", "connect"), { subscriptionId: subscription });
    const created = await client.tell("create", communication("once"));
    checkEvent(await client.next("Communication", "message"), subscription, created);
    await client.ping();
    assert.equal(client.pending("Communication", "message"), 0, "the new binding takes the place of the old one");
  });
}
