// Every step against bin/wsbind, in every release.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { EventTracker, SubscriptionSteps, websocketSubscription } from "wsbind";
import { WebSocket as WS } from "ws";
import { rejected } from "../kit/support.mjs";
import { startMock } from "../mock.mjs";

const WebSocket = globalThis.WebSocket ?? WS;
const topic = "http://wsbind.example/SubscriptionTopic/Encounter";

let mock;
before(async () => { mock = await startMock({ args: ["--clock", "virtual", "--lifetime", "60s"] }); });
after(() => mock?.stop());

/** The server's time, which only moves when told. */
async function clockOf() {
  const { now } = await mock.manage("GET", "/clock");
  return { now: () => Date.parse(now), setTimeout: (f, ms) => setTimeout(f, ms), clearTimeout: (t) => clearTimeout(t) };
}

for (const fhir of ["R4", "R4B", "R5"]) {
  test(`${fhir}: every step`, async (t) => {
    const steps = new SubscriptionSteps({ base: mock.base(fhir), fhir, WebSocket, clock: await clockOf() });
    t.after(() => steps.close());
    const tracker = new EventTracker();
    const sighted = [];
    const problems = [];
    steps.addEventListener("notification", ({ detail }) => {
      assert.equal(detail.verdict.valid, true, detail.text);
      for (const status of detail.statuses) sighted.push(tracker.note(status, detail.alone));
      steps.dispatchEvent(new Event("sighted"));
    });
    steps.addEventListener("problem", ({ detail }) => problems.push(detail.error.code));

    const { id } = await steps.create(websocketSubscription({ fhir, topic, content: "full-resource" }));
    await rejected("unsupported-topic", steps.create(websocketSubscription({ fhir, topic: `${topic}/none` })));
    await mock.manage("POST", "/events", { subscription: id, fhir, count: 2 });
    await steps.getToken();
    assert.deepEqual(steps.grant.subscriptions, [id]);
    await steps.connect();
    await steps.bind();
    assert.deepEqual([sighted[0].subscription, tracker.last(id), steps.state], [id, 2n, "bound"]);
    await mock.manage("POST", "/events", { subscription: id, fhir, count: 1 });
    while (tracker.last(id) < 3n) await once(steps, "sighted");
    const { notification } = await steps.events(id, { from: 1n, to: 3n });
    const { fresh, repeated } = tracker.note(notification.statuses[0]);
    assert.deepEqual([fresh, repeated, tracker.missing(id)], [[1n, 2n], [3n], []]);
    await steps.renew();
    assert.equal(steps.state, "bound");

    // A revoked token ends the binding, and is refused when it is sent again.
    const closed = () => once(steps, "close").then(([{ detail: { reason, code } }]) => [reason.code, code]);
    let end = closed();
    await mock.manage("POST", "/revoke", { subscription: id, fhir });
    assert.deepEqual(await end, ["revoked-token", 1008]);
    await steps.connect();
    end = closed();
    await rejected("revoked-token", steps.bind());
    assert.deepEqual([await end, steps.state], [["revoked-token", 1008], "closed"]);

    // So is one that has expired.
    await steps.getToken();
    await mock.manage("POST", "/clock/advance", { by: "61s" });
    await steps.connect();
    end = closed();
    await rejected("expired-token", steps.bind());
    assert.deepEqual(await end, ["expired-token", 1008]);
    assert.ok(problems.includes("revoked-token") && problems.includes("expired-token"), problems.join());
  });
}
