// What a client lives through, against the real mock server and in real time.
// Nothing of a runtime is imported: Node, Chromium and others run the same file.
//
//     await scenario.run({ wsbind, mock, WebSocket })   // throws if it fails
//
// `wsbind` is the package, `mock` a server started with the flags in
// `scenario.args`: { base(fhir), manage(method, path, body), kill(), restart() }.
// What happens between the two (frames that are lost or come twice, a connection
// that is dead and does not know it, another websocket-url) is done to the
// client's own WebSocket and fetch, on this side of the network.

/** Seconds that anything awaited may take. */
const limit = 30;

/** A topic that fires for every change of an Encounter. */
const topic = "http://wsbind.example/SubscriptionTopic/Encounter";

const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

function subscription(fhir, id, heartbeat) {
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
class World {
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

function same(actual, expected, what) {
  const [a, b] = [actual, expected].map((v) => JSON.stringify(v));
  if (a !== b) throw new Error(`${what}: ${a}, ${b} is expected`);
}

/** A clock of a machine that can sleep: timers ring late, all at once. */
class SleepyClock {
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

const short = ["--lifetime", "3s"];

const each = [
  ["events come once each, and the token is renewed", short, async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    for (let n = 1; n <= 3; n++) {
      await world.emit("s1", 1);
      await told.until("a renewal", () => told.has("handshake", n + 1));
    }
    await told.events(3);
    same([told.problems, told.states, world.sockets.length, world.tokens >= 4], [[], ["connecting", "bound"], 1, true], "no other connection was needed");
    same(told.notifications.every((n) => n.valid), true, "all are valid");
  }],

  ["another websocket-url: no event is lost or comes twice", short, async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    await world.emit("s1", 2);
    world.address = "?elsewhere";
    let emitting = true;
    const stream = (async () => {
      let n = 2;
      for (; emitting; n++) await world.emit("s1", 1);
      return n;
    })();
    await told.until("a second socket and its handshake", () => world.sockets.length === 2 && told.has("handshake", 2) && world.sockets[0].ended);
    emitting = false;
    await told.events(await stream);
    same([told.states, told.missed, world.sockets[1].readyState], [["connecting", "bound"], [], 1], "the client stayed bound");
  }],

  ["lost frames are a gap, which is filled in order", [], async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    await world.emit("s1", 2);
    await told.events(2);
    world.drop = 3;
    await world.emit("s1", 5);
    await told.events(7);
    same([told.missed, told.notifications.filter((n) => n.filled).map((n) => n.events.length)], [[], [3]], "one answer of $events filled it");
  }],

  ["frames that come twice are handed over once", [], async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    world.repeat = true;
    await world.emit("s1", 3);
    await told.events(3);
    await world.mock.manage("POST", "/subscriptions/s1/error", { fhir: world.fhir }); // behind whatever may still come
    await told.until("the end", () => told.ended);
    same(told.numbers(), [1, 2, 3], "the events");
  }],

  ["the server is killed and comes back, having forgotten everything", [], async (world) => {
    await world.subscribe("s1");
    // Read from the CapabilityStatement, and kept while the server is away.
    const told = world.listen({ fhir: undefined });
    await told.bound();
    await world.emit("s1", 2);
    await told.events(2);
    await world.mock.kill();
    await told.until("two tries", () => told.states.filter((s) => s.startsWith("waiting")).length >= 2);
    // A server that is back without its Subscription would be given up, and rightly so.
    await offline(world, async () => {
      await world.mock.restart();
      await world.subscribe("s1");
    });
    await told.bound(2);
    await world.emit("s1", 2);
    await told.until("the new events", () => told.numbers().length === 4);
    same([told.numbers(), told.missed], [[1, 2, 1, 2], []], "the server counts anew");
  }],

  ["a Subscription that a restart has forgotten is given up, with the reason", [], async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    await world.mock.restart();
    await told.until("the end", () => told.ended);
    same(told.error?.code, "not-found", told.error?.message);
  }],

  ["events of a time without a connection come from $events", [], async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    await world.emit("s1", 1);
    await told.events(1);
    const { seen } = told.client;
    await told.end();
    await world.emit("s1", 4);
    const next = world.listen({ seen: JSON.parse(JSON.stringify({ ...seen, s1: "1" })) });
    await next.events(5, 2);
    const all = world.listen({ start: "beginning" });
    await all.events(5);
  }],

  ["the token expires while the machine sleeps, and the socket dies unseen", short, async (world) => {
    await world.subscribe("s1");
    const hour = 3_600_000;
    const clock = new SleepyClock(hour); // an hour from now the machine wakes
    const told = world.listen({ clock, renewAfter: 0.95 });
    await told.bound();
    await world.emit("s1", 1);
    await told.events(1);
    const [socket] = world.sockets;
    socket.dead = true;
    await until("the server has ended the binding", () => socket.ended);
    await world.emit("s1", 2);
    same(told.states, ["connecting", "bound"], "nobody has told the client");
    clock.wake();
    await told.bound(2);
    await world.emit("s1", 1);
    await told.events(4);
    same(told.states.includes("waiting: connection-lost"), true, `it noticed that it slept: ${told.states}`);
  }],

  ["a connection that falls silent is noticed by its heartbeats", [], async (world) => {
    await world.subscribe("s1", 1);
    const told = world.listen();
    await told.until("heartbeats", () => told.has("heartbeat", 2));
    same(world.sockets.length, 1, "while they come, the connection stays");
    world.sockets[0].dead = true;
    await world.emit("s1", 2);
    await told.bound(2);
    await told.events(2);
    same(told.states.includes("waiting: missing-heartbeat"), true, `the reason: ${told.states}`);
  }],

  ["a Subscription in error ends the client, with the reason", [], async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    await world.mock.manage("POST", "/subscriptions/s1/error", { fhir: world.fhir });
    await told.until("the end", () => told.ended);
    same([told.error?.code, told.notifications.at(-1).status], ["subscription-not-bindable", "error"], told.error?.message);
  }],

  ["a revoked token is replaced", [], async (world) => {
    await world.subscribe("s1");
    const told = world.listen();
    await told.bound();
    await world.emit("s1", 1);
    await told.events(1);
    await world.mock.manage("POST", "/revoke", { subscription: "s1", fhir: world.fhir });
    await told.bound(2);
    await world.emit("s1", 1);
    await told.events(2);
    same(told.states.includes("waiting: revoked-token"), true, `the reason: ${told.states}`);
  }],

  ["a server that asks for a login gets one", ["--require-auth"], async (world) => {
    const authorized = { Authorization: "Bearer me" };
    const plain = globalThis.fetch;
    const response = await plain(`${world.base}/Subscription/s1`, {
      method: "PUT", headers: { "Content-Type": "application/fhir+json", ...authorized }, body: JSON.stringify(subscription(world.fhir, "s1")),
    });
    if (!response.ok) throw new Error(await response.text());
    const refused = world.listen();
    await refused.until("the end", () => refused.ended);
    same(refused.error?.code, "login-required", refused.error?.message);
    const told = world.listen({ headers: ({ refused }) => (refused ? authorized : {}) });
    await told.bound();
    await world.emit("s1", 1);
    await told.events(1);
  }],
];

/** Does something while the client reaches nobody. */
async function offline(world, work) {
  let back;
  world.network = new Promise((resolve) => { back = resolve; });
  try {
    await work();
  } finally {
    back();
  }
}

/** Waits for something that no client tells. */
async function until(what, condition) {
  for (const end = Date.now() + limit * 1000; !condition();) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limit} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** All scenarios: { name, args, run }. */
export const scenarios = ["R4", "R4B", "R5"].flatMap((fhir) => each.map(([name, args, body]) => ({
  name: `${fhir}: ${name}`,
  args,
  async run(env) {
    const world = new World(env, fhir);
    try {
      await body(world);
    } finally {
      await world.end();
    }
  },
})));
