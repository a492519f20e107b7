// What the tests of the client begin with.
import { load, SubscriptionClient } from "wsbind";
import { settle, VirtualClock } from "./clock.mjs";
import { FakeServer } from "./fake.mjs";

const kit = await load();

/** Takes notifications from a client, as a loop would, and records its events. */
export class Reader {
  notifications = [];
  problems = [];
  missed = [];
  states = [];
  error = null;
  ended = false;

  constructor(client, { loop = true } = {}) {
    this.client = client;
    client.addEventListener("problem", (e) => this.problems.push(e.detail));
    client.addEventListener("missed", (e) => this.missed.push(e.detail));
    client.addEventListener("state", (e) => this.states.push(e.detail.state));
    if (loop) this.done = this.#loop();
  }

  async #loop() {
    try {
      for await (const n of this.client) this.notifications.push(n);
    } catch (err) {
      this.error = err;
    }
    this.ended = true;
  }

  /** The numbers of the events of a Subscription, as they were handed over. */
  numbers(id = "s1") {
    return this.notifications.filter((n) => n.subscription === id).flatMap((n) => n.events.map((e) => Number(e.eventNumber)));
  }

  types() {
    return this.notifications.map((n) => n.type);
  }

  codes() {
    return this.problems.map((p) => p.error.code);
  }
}

/** A server, a client of it, and time that only moves when told. The client is closed after the test. */
export function setup(t, options = {}, serverOptions = {}) {
  const clock = new VirtualClock();
  const server = new FakeServer(clock, { fhir: "R5", ...serverOptions });
  const make = (more = {}) => {
    const client = new SubscriptionClient({
      base: server.base, fhir: server.fhir, subscriptions: ["s1"], fetch: server.fetch, WebSocket: server.WebSocket,
      kit, clock, random: () => 0.5, ...options, ...more,
    });
    t.after(() => client.close());
    return client;
  };
  return { clock, server, make, settle };
}

/** The same with a loop that is under way and bound. */
export async function listening(t, options, serverOptions) {
  const all = setup(t, options, serverOptions);
  const client = all.make();
  const reader = new Reader(client);
  await settle();
  return { ...all, client, reader };
}

export { kit, settle };
