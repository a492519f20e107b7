// What the scenarios are made of: a server's Subscription, the network between it
// and a client, what the client told, and the clock of a machine that sleeps.
// Nothing of a runtime is imported.

/** Seconds that anything awaited may take. */
const limit = 30;

/** A topic that fires for every change of an Encounter. */
const topic = "http://wsbind.example/SubscriptionTopic/Encounter";

const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

export function subscription(fhir, id, heartbeat) {
  const common = { resourceType: "Subscription", id, status: "requested" };
  if (fhir === "R5") {
    return {
      ...common, topic, contentType: "application/fhir+json", content: "id-only", ...(heartbeat && { heartbeatPeriod: heartbeat }),
      channelType: { system: "http://terminology.hl7.org/CodeSystem/subscription-channel-type", code: "websocket" },
    };
  }
  const extension = heartbeat && [{ url: `${guide}backport-heartbeat-period`, valueUnsignedInt: heartbeat }];
  return {
    ...common, meta: { profile: [`${guide}backport-subscription`] }, reason: "a test", criteria: topic,
    channel: {
      type: "websocket", payload: "application/fhir+json", ...(extension && { extension }),
      _payload: { extension: [{ url: `${guide}backport-payload-content`, valueCode: "id-only" }] },
    },
  };
}

/** One server, one Subscription, and the network between it and a client. */
export class World {
  /** How many times the client was given a token, and opened a socket. */
  tokens = 0;
  sockets = [];
  /** Frames of events that are still to be lost. */
  drop = 0;
  /** Whether each frame comes twice. */
  repeat = false;
  /** What requests wait for: they reach nobody meanwhile. */
  network = Promise.resolve();
  /** Added to the websocket-url: another value is another URL of the same server. */
  address = "";
  #clients = [];

  constructor({ wsbind, mock, WebSocket }, fhir) {
    Object.assign(this, { wsbind, mock, fhir, base: mock.base(fhir), WebSocket: networked(this, WebSocket) });
  }

  async subscribe(id, heartbeat) {
    const response = await fetch(`${this.base}/Subscription/${id}`, {
      method: "PUT",
      headers: { "Content-Type": "application/fhir+json", Accept: "application/fhir+json" },
      body: JSON.stringify(subscription(this.fhir, id, heartbeat)),
    });
    if (!response.ok) throw new Error(`the Subscription was answered ${response.status}: ${await response.text()}`);
  }

  /** Makes events happen. */
  emit(id, count) {
    return this.mock.manage("POST", "/events", { fhir: this.fhir, subscription: id, count });
  }

  /** The client's fetch: it leads to the server, and the answer may name another websocket-url. */
  fetch = async (url, init) => {
    await this.network;
    const response = await fetch(url, init);
    if (!url.endsWith("/$get-ws-binding-token") || !response.ok) return response;
    this.tokens++;
    const body = await response.json();
    body.parameter.find((p) => p.name === "websocket-url").valueUrl += this.address;
    return new Response(JSON.stringify(body), { status: 200, headers: { "Content-Type": "application/fhir+json" } });
  };

  /** A client and all that it tells. It is impatient: tests wait for it. */
  listen(options = {}) {
    const { base, fhir, WebSocket, wsbind } = this;
    const client = new wsbind.SubscriptionClient({
      base, fhir, WebSocket, subscriptions: ["s1"], fetch: this.fetch, firstWait: 0.1, longestWait: 0.5, bindTimeout: 5, timeout: 10, ...options,
    });
    const told = new Told(client);
    this.#clients.push(told);
    return told;
  }

  async end() {
    for (const told of this.#clients) await told.end();
  }
}

/** The runtime's WebSocket, with a bad network in front. */
function networked(world, WebSocket) {
  return class extends EventTarget {
    /** A dead connection: nothing comes through any more, and nobody knows. */
    dead = false;
    #socket;

    constructor(url) {
      super();
      this.url = url;
      this.#socket = new WebSocket(url);
      world.sockets.push(this);
      const tell = (type, members) => this.dead || this.dispatchEvent(Object.assign(new Event(type), members));
      for (const type of ["open", "error"]) this.#socket.addEventListener(type, ({ message }) => tell(type, { message }));
      this.#socket.addEventListener("message", ({ data }) => {
        if (data.includes('"event-notification"') && world.drop > 0) return void world.drop--;
        tell("message", { data });
        if (world.repeat) tell("message", { data });
      });
      this.#socket.addEventListener("close", ({ code, reason }) => {
        this.ended = true;
        tell("close", { code, reason });
      });
    }

    get readyState() {
      return this.dead ? 1 : this.#socket.readyState;
    }

    send(frame) {
      if (!this.dead) this.#socket.send(frame);
    }

    close(...how) {
      this.#socket.close(...how);
    }
  };
}

/** What a client told, and a way to wait for it. */
class Told {
  notifications = [];
  states = [];
  missed = [];
  problems = [];
  error = undefined;
  #waiting = new Set();

  constructor(client) {
    this.client = client;
    client.addEventListener("state", ({ detail }) => this.#note(this.states, detail.reason ? `${detail.state}: ${detail.reason.code}` : detail.state));
    client.addEventListener("problem", ({ detail }) => this.#note(this.problems, `${detail.error.code}: ${detail.error.message}`));
    client.addEventListener("missed", ({ detail }) => this.#note(this.missed, `${detail.from}-${detail.to}`));
    this.done = this.#loop();
  }

  async #loop() {
    try {
      for await (const notification of this.client) this.#note(this.notifications, notification);
    } catch (err) {
      this.error = err;
    }
    this.ended = true;
    this.#note(this.states, "over");
  }

  #note(list, item) {
    list.push(item);
    for (const check of this.#waiting) check();
  }

  numbers(id = "s1") {
    return this.notifications.filter((n) => n.subscription === id).flatMap((n) => n.events.map((e) => Number(e.eventNumber)));
  }

  has(type, times = 1) {
    return this.notifications.filter((n) => n.type === type).length >= times;
  }

  /** Waits until something is the case, which is looked at whenever the client tells something. */
  until(what, condition) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`${what}: not within ${limit} s; ${this.summary()}`));
      }, limit * 1000);
      this.#waiting.add(check);
      check();
    });
  }

  bound(times = 1) {
    return this.until(`bound ${times} times`, () => this.states.filter((s) => s === "bound").length >= times);
  }

  /** Waits until so many events were handed over, and checks that they are these and no others. */
  async events(last, first = 1) {
    const want = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    await this.until(`events ${first} to ${last}`, () => this.numbers().length >= want.length);
    same(this.numbers(), want, "the events");
  }

  async end() {
    this.client.close();
    await this.done;
  }

  summary() {
    return JSON.stringify({ ...this, client: undefined, done: undefined, error: this.error?.message, notifications: this.notifications.map((n) => `${n.type} ${n.events.map((e) => e.eventNumber)}`) });
  }
}

export function same(actual, expected, what) {
  const [a, b] = [actual, expected].map((v) => JSON.stringify(v));
  if (a !== b) throw new Error(`${what}: ${a}, ${b} is expected`);
}

/** A clock of a machine that can sleep: timers ring late, all at once. */
export class SleepyClock {
  #behind;
  #timers = new Map();
  #next = 1;

  constructor(behind) {
    this.#behind = behind;
  }

  now = () => Date.now() - this.#behind;

  setTimeout = (callback, milliseconds) => {
    const id = this.#next++;
    const ring = () => {
      this.#timers.delete(id);
      callback();
    };
    this.#timers.set(id, { due: this.now() + milliseconds, ring, timer: setTimeout(ring, milliseconds) });
    return id;
  };

  clearTimeout = (id) => {
    clearTimeout(this.#timers.get(id)?.timer);
    this.#timers.delete(id);
  };

  /** The machine wakes: the clock is right again, and what should have rung rings. */
  wake() {
    this.#behind = 0;
    for (const [id, { due, ring }] of [...this.#timers]) {
      if (due > this.now()) continue;
      this.clearTimeout(id);
      ring();
    }
  }
}

/** Does something while the client reaches nobody. */
export async function offline(world, work) {
  let back;
  world.network = new Promise((resolve) => { back = resolve; });
  try {
    await work();
  } finally {
    back();
  }
}

/** Waits for something that no client tells. */
export async function until(what, condition) {
  for (const end = Date.now() + limit * 1000; !condition();) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limit} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
