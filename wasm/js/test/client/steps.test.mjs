// The channel step by step, under virtual time and against a server in memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SubscriptionSteps, websocketSubscription, WsbindError } from "wsbind";
import { rejected } from "../kit/support.mjs";
import { outcome } from "./bundles.mjs";
import { VirtualClock } from "./clock.mjs";
import { FakeServer, json } from "./fake.mjs";
import { kit, settle } from "./setup.mjs";

const token = "$get-ws-binding-token";

/** A server, the steps to it, and all that they tell. */
function setup(t, options = {}, serverOptions = {}) {
  const clock = new VirtualClock();
  const server = new FakeServer(clock, { fhir: "R5", ...serverOptions });
  const steps = new SubscriptionSteps({ base: server.base, fhir: server.fhir, subscriptions: ["s1"], fetch: server.fetch, WebSocket: server.WebSocket, kit, clock, ...options });
  const told = { notifications: [], problems: [], closes: [], states: [] };
  steps.addEventListener("notification", ({ detail }) => told.notifications.push(detail));
  steps.addEventListener("problem", ({ detail }) => told.problems.push(detail));
  steps.addEventListener("close", ({ detail }) => told.closes.push([detail.reason?.code, detail.code]));
  steps.addEventListener("state", ({ detail }) => told.states.push(detail.state));
  t.after(() => steps.close());
  return { clock, server, steps, told, types: () => told.notifications.map(({ statuses: [s] }) => s.type) };
}

async function bound(t, options, serverOptions) {
  const all = setup(t, options, serverOptions);
  await all.steps.getToken();
  await all.steps.connect();
  await all.steps.bind();
  return all;
}

for (const fhir of ["R4", "R4B", "R5"]) {
  test(`${fhir}: one step after the other`, async (t) => {
    const { server, steps, told, types, clock } = setup(t, {}, { fhir });
    assert.deepEqual([steps.state, steps.grant, steps.subscriptions], ["idle", null, ["s1"]]);
    const grant = await steps.getToken();
    assert.deepEqual([steps.state, steps.grant, grant.token, server.sockets.length], ["granted", grant, "secret.1.x", 0]);
    await steps.connect();
    assert.deepEqual([steps.state, server.sockets[0].url, server.sockets[0].sent], ["open", server.socketURL, []]);
    await steps.bind();
    assert.deepEqual([steps.state, server.sockets[0].sent, types()], ["bound", ["bind-with-token secret.1.x"], ["handshake"]]);
    server.emit("s1", 2);
    assert.deepEqual(types(), ["handshake", "event-notification", "event-notification"]);
    const [{ verdict, text, alone }, event] = told.notifications;
    assert.deepEqual([verdict.valid, JSON.parse(text).resourceType, alone, event.alone, event.statuses[0].events[0].eventNumber], [true, "Bundle", true, false, 1n]);
    const answer = await steps.events("s1", { from: 1n, to: 2n });
    assert.deepEqual(answer.notification.statuses[0].events.map((e) => e.eventNumber), [1n, 2n]);
    steps.close();
    steps.close();
    await settle();
    assert.deepEqual(told.states, ["granted", "open", "bound", "closed"]);
    assert.deepEqual([told.closes, told.problems, server.open.length, clock.pending], [[[undefined, undefined]], [], 0, 0]);
  });
}

test("after the end everything begins again, or where it stopped", async (t) => {
  const { server, steps, told } = await bound(t);
  steps.close();
  await steps.connect();
  await steps.bind();
  assert.deepEqual([steps.state, server.sockets[1].sent], ["bound", ["bind-with-token secret.1.x"]], "with the same token, if one likes");
  server.sockets[1].shut(1001, "going-away");
  await settle();
  assert.deepEqual([steps.state, told.closes.at(-1)], ["closed", ["going-away", 1001]]);
  await steps.getToken();
  assert.equal(steps.state, "granted");
});

test("out of order, it says which step comes first", async (t) => {
  const { server, steps } = setup(t);
  const refused = async (step, words) => assert.match((await rejected("invalid-call", step)).message, words);
  await refused(steps.connect(), /getToken comes first/);
  await refused(steps.bind(), /getToken, then connect comes first/);
  await refused(steps.renew(), /getToken, then connect comes first/);
  const asking = steps.getToken();
  await refused(steps.getToken(), /getToken is under way/);
  await asking;
  await refused(steps.bind("x"), /: connect comes first/);
  await steps.connect();
  await refused(steps.connect(), /the socket is open: bind, or close it first/);
  await rejected("invalid-option", steps.bind(7));
  assert.equal(server.sockets[0].sent.length, 0);
});

test("a created Subscription is asked for with the next token", async (t) => {
  const { server, steps } = setup(t, { subscriptions: undefined }, { ids: [] });
  const resource = websocketSubscription({ fhir: "R5", topic: "http://example.org/topic" });
  const fetches = [];
  server.answer("read", ({ url, method, body, headers }) => {
    fetches.push([url, method, body, headers.get("prefer")]);
    server.add("new");
    return json(201, { ...body, id: "new" });
  });
  assert.deepEqual(await steps.create(resource), { ...resource, id: "new" });
  assert.deepEqual(fetches, [[`${server.base}/Subscription`, "POST", resource, "return=representation"]]);
  assert.deepEqual([steps.subscriptions, steps.state], [["new"], "idle"]);
  await steps.getToken();
  assert.deepEqual(steps.grant.subscriptions, ["new"]);
});

test("a Subscription that is refused, with the reason", async (t) => {
  const { server, steps } = setup(t, { subscriptions: [] });
  const create = () => steps.create({ resourceType: "Subscription" });
  const answers = [
    [json(422, outcome("unsupported-topic", "no topic has that canonical")), "unsupported-topic", /no topic has that canonical/],
    [json(422, outcome("odd", "no")), "business-rule", /answered 422 \(no\)/],
    [json(400, ""), "malformed-request", /answered 400/], [json(401, ""), "login-required", /401/], [json(404, ""), "not-found", /check it/],
    [json(503, ""), "unavailable", /503/], [new Response(null, { status: 204 }), "malformed-request", /201 is due/], [json(201, "{}"), "malformed-request", /no Subscription with an id/],
    [json(201, ""), "malformed-request", /no JSON/], [json(201, { resourceType: "Subscription", id: "../x" }), "malformed-request", /no Subscription with an id/],
  ];
  for (const [answer, code, words] of answers) {
    server.answer("read", () => answer);
    assert.match((await rejected(code, create())).message, words);
  }
  for (const odd of [null, undefined, "x", {}, { resourceType: "Patient" }]) await rejected("invalid-option", steps.create(odd));
  assert.deepEqual(steps.subscriptions, []);
});

test("an answer that breaks the definition is refused, with its issues", async (t) => {
  const { server, steps } = setup(t);
  server.answer(token, () => json(200, { resourceType: "Parameters", parameter: [{ name: "token", valueString: "x" }] }));
  const { issues, code } = await rejected("missing-parameter", steps.getToken());
  assert.deepEqual([code, issues.length > 1, steps.grant, steps.state], ["missing-parameter", true, null, "idle"]);
});

test("a call that was refused may be made at once, whatever Retry-After says", async (t) => {
  const { server, steps } = setup(t);
  server.answer(token, () => json(429, outcome("too-many-requests", "slowly"), { "Retry-After": "600" }));
  await rejected("too-many-requests", steps.getToken());
  await steps.getToken();
  assert.equal(server.calls(token).length, 2);
});

test("the level is held against the number of Subscriptions when a token is asked for", async (t) => {
  const { server, steps } = setup(t, { level: "instance", subscriptions: [] });
  await rejected("invalid-call", steps.getToken());
  server.answer("read", () => json(201, { resourceType: "Subscription", id: "s1" }));
  await steps.create({ resourceType: "Subscription" });
  await steps.getToken();
  assert.equal(server.calls(token)[0].id, "s1");
});

test("a refused bind: by a frame, by a close, by silence", async (t) => {
  const { server, steps, told, clock } = setup(t);
  await steps.getToken();
  await steps.connect();
  const secret = "wrong-token-0123456789";
  server.onBind = (socket) => server.outcome("invalid-token", `the token ${secret} is not ours`, socket);
  const byFrame = await rejected("invalid-token", steps.bind(secret));
  assert.match(byFrame.message, /the server refused the bind: the token … is not ours/);
  assert.deepEqual([steps.state, told.problems[0].error.code, told.problems[0].text.includes(secret)], ["open", "invalid-token", false]);
  server.onBind = () => {};
  const silent = rejected("timeout", steps.bind());
  await clock.advance(10_000);
  assert.match((await silent).message, /did not answer the bind within 10 s/);
  server.onBind = (socket) => socket.shut(1008, "already-used");
  await rejected("already-used", steps.bind());
  assert.deepEqual([steps.state, told.closes, told.notifications], ["closed", [["already-used", 1008]], []]);
});

test("one of two Subscriptions gives no handshake", async (t) => {
  const { server, steps, clock } = setup(t, { subscriptions: ["s1", "s2"], bindTimeout: 3 }, { ids: ["s1", "s2"] });
  await steps.getToken();
  await steps.connect();
  server.onBind = (socket) => server.handshake("s1", socket);
  const late = rejected("timeout", steps.bind());
  await clock.advance(3_000);
  assert.match((await late).message, /no handshake came within 3 s of Subscription s2/);
  assert.equal(steps.state, "bound");
});

test("a token whose Subscriptions are not known is bound by the first notification", async (t) => {
  const { server, steps, types, told } = setup(t);
  await steps.getToken();
  await steps.connect();
  server.onBind = (socket) => server.send("s1", { type: "event-notification", count: 1, events: [1] }, socket);
  await steps.bind("another-token-0123456789");
  assert.deepEqual([types(), steps.state, told.problems], [["event-notification"], "bound", []]);
});

test("an expired token is sent where the caller wants it", async (t) => {
  const { server, steps, clock } = setup(t);
  await steps.getToken();
  await steps.connect();
  await clock.advance(600_000);
  await steps.bind();
  assert.equal(server.sockets[0].sent.length, 1);
});

test("all is told: notifications that are invalid, that come twice, that no token covers; other frames", async (t) => {
  const { server, told, types } = await bound(t, {}, { ids: ["s1", "s2"] });
  const [socket] = server.sockets;
  server.handshake("s2", socket);
  assert.deepEqual(told.problems.map(({ error }) => error.code), ["unknown-subscription"]);
  const { entry: [first], ...rest } = server.bundle("s1", { type: "heartbeat", count: 0 });
  for (let i = 0; i < 2; i++) socket.deliver(JSON.stringify({ ...rest, type: "history", entry: [first] }));
  assert.deepEqual(told.notifications.map(({ verdict }) => verdict.valid), [true, true, false, false]);
  assert.deepEqual(types(), ["handshake", "handshake", "heartbeat", "heartbeat"]);
  socket.deliver(new ArrayBuffer(1));
  socket.deliver("{");
  server.outcome("expired-token", "the binding of s1 has expired", socket);
  assert.deepEqual(told.problems.slice(1).map(({ error, text }) => [error.code, text === null]), [["binary-frame", true], ["invalid-json", false], ["expired-token", false]]);
});

test("renewed on the same socket", async (t) => {
  const { server, steps, types } = await bound(t);
  const grant = await steps.renew();
  assert.deepEqual([grant.token, steps.grant, types(), server.sockets.length], ["secret.2.x", grant, ["handshake", "handshake"], 1]);
});

test("renewed where the websocket-url is another one: the old socket is closed after the bind", async (t) => {
  const { server, steps, told } = await bound(t);
  server.socketURL = "ws://server.example/ws/2";
  const order = [];
  server.onBind = (socket, ids) => {
    order.push(server.sockets[0].readyState);
    for (const id of ids) server.handshake(id, socket);
  };
  await steps.renew();
  assert.deepEqual([order, server.sockets.map((s) => s.readyState), steps.state], [[1], [3, 1], "bound"]);
  assert.deepEqual([told.closes, told.states], [[], ["granted", "open", "bound"]]);
  assert.deepEqual(told.notifications.map(({ alone }) => alone), [true, false]);
});

test("a renewal that fails leaves the old socket alone", async (t) => {
  const { server, steps, told, types } = await bound(t);
  server.socketURL = "ws://server.example/ws/2";
  server.onBind = (socket) => socket.shut(1008, "invalid-token");
  await rejected("invalid-token", steps.renew());
  server.answer(token, () => json(503, ""));
  await rejected("unavailable", steps.renew());
  server.emit("s1", 1);
  assert.deepEqual([steps.state, told.closes, types()], ["bound", [], ["handshake", "event-notification"]]);
});

for (const works of [true, false]) {
  test(`the old socket ends while the new one opens, which ${works ? "works" : "fails"}`, async (t) => {
    const { server, steps, told } = await bound(t);
    server.socketURL = "ws://server.example/ws/2";
    server.onOpen = () => {
      server.sockets[0].shut(1001, "going-away");
      return true;
    };
    if (!works) server.onBind = (socket) => socket.shut(1008, "invalid-token");
    if (works) await steps.renew();
    else await rejected("invalid-token", steps.renew());
    await settle();
    assert.deepEqual([steps.state, told.closes], works ? ["bound", []] : ["closed", [["going-away", 1001]]]);
    assert.deepEqual(told.problems.map(({ error }) => error.code), ["going-away"]);
  });
}

const stages = {
  getToken: (server) => server.answer(token, () => new Promise(() => {})),
  connect: (server) => { server.onOpen = () => "hang"; },
  bind: (server) => { server.onBind = () => {}; },
};
for (const [stage, hang] of Object.entries(stages)) {
  test(`close while ${stage} is under way ends it, and leaves nothing behind`, async (t) => {
    const { server, steps, clock, told } = setup(t);
    hang(server);
    for (const before of Object.keys(stages).slice(0, Object.keys(stages).indexOf(stage))) await steps[before]();
    const under = rejected("aborted", steps[stage]());
    await settle();
    steps.close();
    await under;
    await settle();
    assert.deepEqual([steps.state, told.closes, server.open.length, clock.pending], ["closed", [[undefined, undefined]], 0, 0]);
    await steps.getToken();
    assert.equal(steps.state, "granted");
  });
}

test("a socket that does not open", async (t) => {
  const { server, steps, told } = setup(t);
  await steps.getToken();
  server.onOpen = () => "no";
  await rejected("connection-failed", steps.connect());
  assert.deepEqual([steps.state, told.closes], ["granted", []]);
});

test("bad options are refused, and named", async (t) => {
  const good = { base: "http://h/fhir", fhir: "R4", WebSocket: class {} };
  const bad = { base: "nowhere", fhir: undefined, subscriptions: "s1", level: "system", timeout: 0, bindTimeout: 0, allowWs: "yes", maxFrame: 0, fetch: 1, WebSocket: "ws", kit: 1, clock: {}, renewAfter: 0.5 };
  for (const [name, value] of Object.entries(bad)) {
    assert.throws(() => new SubscriptionSteps({ ...good, [name]: value }), (err) => err instanceof WsbindError && err.code === "invalid-option" && err.message.includes(name), name);
  }
  const { steps } = setup(t);
  for (const range of [undefined, {}, { from: 1, to: 2 }, { from: 2n, to: 1n }, { from: -1n, to: 1n }]) await rejected("invalid-option", steps.events("s1", range));
  await rejected("malformed-request", steps.events("../x", { from: 1n, to: 1n }));
});
