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
import { offline, same, SleepyClock, subscription, until, World } from "./world.mjs";

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
