// What the tests of wsbind/mock share.
import { fileURLToPath } from "node:url";
import { SubscriptionClient } from "wsbind";
import { startMock } from "wsbind/mock";
import { WebSocket } from "ws";
import { subscription } from "../client/world.mjs";
import { binary } from "../mock.mjs";

/** The fake: what startMock takes as a binary. */
export const fake = fileURLToPath(new URL("fake.mjs", import.meta.url));

/** Starts the fake for a test, which closes it. */
export async function startFake(t, options = {}) {
  const mock = await startMock({ binary: fake, ...options });
  t.after(() => mock.close());
  return mock;
}

/** Has the fake add entries to the journal of a tenant. */
export const add = (mock, ...entries) => mock.call("POST", "/fake/entries", { entries });

/** Takes so many items of an iteration, which goes on. */
export async function take(iterator, count) {
  const items = [];
  while (items.length < count) {
    const { done, value } = await iterator.next();
    if (done) break;
    items.push(value);
  }
  return items;
}

/** Starts the real server for a test, which closes it. */
export async function startReal(t, options = {}) {
  const mock = await startMock({ binary, ...options });
  t.after(() => mock.close());
  return mock;
}

/** Creates the Subscription s1, and a client that is bound to it: { client, handled, next() }. */
export async function listen(t, tenant, fhir = "R5") {
  const response = await fetch(`${tenant.base(fhir)}/Subscription/s1`, {
    method: "PUT", headers: { "Content-Type": "application/fhir+json" }, body: JSON.stringify(subscription(fhir, "s1")),
  });
  if (!response.ok) throw new Error(`the Subscription was answered ${response.status}: ${await response.text()}`);
  const client = new SubscriptionClient({ base: tenant.base(fhir), fhir, subscriptions: ["s1"], WebSocket });
  t.after(() => client.close());
  const notifications = client[Symbol.asyncIterator]();
  const next = async () => (await notifications.next()).value;
  const { type } = await next();
  if (type !== "handshake") throw new Error(`a handshake was due, ${type} came`);
  return { client, next };
}
