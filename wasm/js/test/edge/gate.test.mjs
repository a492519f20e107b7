// The gate as a whole: its options, opening handshakes, its bounds, its end.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { codes, verifier } from "wsbind";
import { bindGate, memoryStore } from "wsbind/edge";
import { VirtualClock } from "../client/clock.mjs";
import { random } from "../client/random.mjs";
import { FakeUpstream, kit, Port, settle, setup, spoken, websocketUrl } from "./world.mjs";

const given = { verifier: { verify: async () => ({}) }, websocketUrl, upstream: new FakeUpstream(), fhir: "R5" };
const server = { dialect: "spec", base: "https://fhir.example/R5", fhir: "R5", WebSocket: class {} };

const refused = {
  "there is no option \"origin\"": { origin: "*" },
  "verifier is": { verifier: {} },
  "websocketUrl is \"https://gate.example/ws\"": { websocketUrl: "https://gate.example/ws" },
  "websocketUrl is undefined": { websocketUrl: undefined },
  "origins is \"https://a.example\"": { origins: "https://a.example" },
  "origins has \"a.example\"": { origins: ["a.example"] },
  "origins has \"https://a.example/app\"": { origins: ["https://a.example/app"] },
  "origins has \"null\"": { origins: ["null"] },
  "replay is \"none\"": { replay: "none" },
  "replay is shared": { replay: "shared" },
  "store is": { store: {} },
  "storeFailure is": { storeFailure: "ignore" },
  "pollInterval is 0": { pollInterval: 0 },
  "storePatience is Infinity": { storePatience: Infinity },
  "check is": { check: true },
  "limits: there is no option \"bindTimeOut\"": { limits: { bindTimeOut: 3 } },
  "limits.sockets is 0": { limits: { sockets: 0 } },
  "limits.bindTimeout is -1": { limits: { bindTimeout: -1 } },
  "the release of the FHIR server is not known": { fhir: undefined },
  "observe is": { observe: "log" },
  "kit is": { kit: {} },
  "upstream is undefined": { upstream: undefined },
  "upstream.dialect is \"hapi\"": { upstream: { ...server, dialect: "hapi" } },
  "upstream: there is no option \"URL\"": { upstream: { ...server, URL: "x" } },
  "upstream.headers is a string": { upstream: { ...server, headers: "Bearer x" } },
  "upstream.timeout is \"1\"": { upstream: { ...server, timeout: "1" } },
  "upstream.websocketUrl is missing": { upstream: { ...server, dialect: "pass" } },
  "upstream.websocketUrl https://fhir.example/ws is no ws or wss URL": { upstream: { ...server, websocketUrl: "https://fhir.example/ws?secret" } },
  "there is no store to keep them": { upstream: { ...server, dialect: "medplum" } },
  "base is no absolute http or https URL": { upstream: { ...server, base: "fhir" } },
};
for (const [message, options] of Object.entries(refused)) {
  test(`options that cannot be used are refused: ${message}`, () => {
    assert.throws(() => bindGate({ ...given, ...options }), (err) => {
      assert.deepEqual([err.name, err.code], ["WsbindError", "invalid-option"]);
      assert.ok(err.message.includes(message), err.message);
      assert.ok(!err.message.includes("secret") && !err.message.includes("Bearer"), err.message);
      return true;
    });
  });
}

test("every dialect makes a gate", () => {
  for (const dialect of ["spec", "pass", "medplum", "legacy"]) {
    bindGate({ ...given, store: memoryStore(), upstream: { ...server, dialect, websocketUrl: "wss://fhir.example/ws" } }).close();
  }
});

function opening({ method = "GET", upgrade = "websocket", origin } = {}) {
  return { method, headers: new Headers({ ...(upgrade && { upgrade }), ...(origin && { origin }) }) };
}

const handshakes = [
  ["a request for no websocket", {}, { upgrade: "" }, 426, "malformed-request"],
  ["another protocol", {}, { upgrade: "h2c" }, 426, "malformed-request"],
  ["another method", {}, { method: "POST" }, 426, "malformed-request"],
  ["no origin: no browser", {}, {}],
  ["in capitals", {}, { upgrade: "WebSocket" }],
  ["the gate's own origin", {}, { origin: "https://gate.example" }],
  ["another origin", {}, { origin: "https://evil.example" }, 403, "origin-refused"],
  ["the same host without TLS", {}, { origin: "http://gate.example" }, 403, "origin-refused"],
  ["another port", {}, { origin: "https://gate.example:8443" }, 403, "origin-refused"],
  ["an origin that begins like ours", {}, { origin: "https://gate.example.evil.example" }, 403, "origin-refused"],
  ["a sandboxed page", {}, { origin: "null" }, 403, "origin-refused"],
  ["an origin on the list", { origins: ["https://app.example"] }, { origin: "https://app.example" }],
  ["the gate's own, not on the list", { origins: ["https://app.example"] }, { origin: "https://gate.example" }, 403, "origin-refused"],
  ["any origin", { origins: "*" }, { origin: "https://evil.example" }],
  ["a sandboxed page where any may come", { origins: "*" }, { origin: "null" }],
];
for (const [name, options, request, status, code] of handshakes) {
  test(`an opening handshake is ${status ? `refused with ${status}` : "let through"}: ${name}`, async (t) => {
    const { gate, told } = setup(t, options);
    const answer = gate.admit(opening(request));
    assert.equal(answer?.status, status);
    assert.equal(answer && spoken(await answer.text()), code);
    assert.deepEqual(told("socket-refused").map((event) => event.code), code ? [code] : []);
    if (status === 426) assert.equal(answer.headers.get("upgrade"), "websocket");
  });
}

test("there are no more sockets than may be", async (t) => {
  const { gate, connect } = setup(t, { limits: { sockets: 2 } });
  const ports = [connect(), connect()];
  const answer = gate.admit(opening());
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "5"]);
  // One whose opening handshake was under way meanwhile.
  const late = connect();
  assert.deepEqual(late.goodbye, { code: 1013, reason: "unavailable" });
  for (const port of [late, ports[0]]) port.session.closed();
  assert.equal(gate.admit(opening()), undefined);
  assert.equal(gate.limits.sockets, 2);
});

test("a gate knows its path, whatever host it is asked for", (t) => {
  const { gate } = setup(t);
  for (const [url, due] of [["http://10.0.0.1:8080/ws?x=1", true], ["https://gate.example/ws/", false], ["https://gate.example/", false]]) {
    assert.equal(gate.serves(url), due, url);
    assert.equal(gate.serves(new URL(url)), due, url);
  }
});

test("a gate that closes tells everybody, and nothing is left", async (t) => {
  const { clock, gate, upstream, bound, connect } = setup(t);
  const ports = [await bound(), connect()];
  gate.close();
  for (const port of ports) assert.deepEqual([port.look(), port.goodbye], [[], { code: 1001, reason: "going-away" }]);
  assert.deepEqual([gate.sockets, clock.pending, upstream.closed, upstream.channels[0].closed], [0, 0, true, true]);
  assert.equal(gate.admit(opening()).status, 503);
  assert.equal(connect().goodbye.reason, "going-away");
});

// By name, so that a new one does not become published unnoticed (EDGE.md, the table of closes).
const published = {
  1001: ["going-away"], 1003: ["binary-frame"], 1007: ["invalid-utf8"], 1009: ["frame-too-large"], 1011: ["upstream-refused", "internal"],
  1008: ["expected-bind", "bind-timeout", "invalid-token", "expired-token", "revoked-token", "already-used", "unknown-subscription", "too-many-requests"],
  1013: ["slow-reader", "upstream-unavailable", "store-unavailable", "keys-unavailable", "unavailable"],
};

test("ten thousand first frames of any kind end with a published close, and the server hears of none", async (t) => {
  const { gate, upstream, connect, token } = setup(t);
  const { seed, ...chance } = source(t);
  const good = await token();
  for (let i = 0; i < 10_000; i += 500) {
    const ports = Array.from({ length: 500 }, () => {
      const port = connect();
      port.text = mutated(chance, good);
      port.session.frame(port.text);
      return port;
    });
    await settle();
    for (const { goodbye, text, sent } of ports) {
      assert.ok(published[goodbye?.code]?.includes(goodbye.reason), `seed ${seed}: ${JSON.stringify(text)} led to ${JSON.stringify(goodbye)}`);
      assert.equal(sent.length, 1);
      assert.notEqual(goodbye.reason, "internal", `seed ${seed}: ${JSON.stringify(text)}`);
    }
  }
  assert.deepEqual([upstream.channels.length, gate.sockets], [0, 0]);
});

/** A source of chance, whose seed replays a run: SEED=… node --test. */
function source(t) {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}`);
  const next = random(seed);
  const below = (n) => Math.floor(next() * n);
  return { seed, below, pick: (list) => list[below(list.length)] };
}

/** A frame that looks more or less like a bind, and is none that is good. */
function mutated({ below, pick }, good) {
  const byte = () => String.fromCharCode(pick([below(128), below(256), below(65_536), 0, 32, 46, 61]));
  const noise = (most) => Array.from({ length: below(most) }, byte).join("");
  const at = below(good.length);
  const token = pick([
    () => good.slice(0, at) + pick(["A", "_", ".", " ", "=", byte()]) + good.slice(at + 1) + "A",
    () => good.slice(0, at),
    () => good.split(".").slice(0, 2).join(".") + "." + noise(100),
    () => good.split(".").reverse().join("."),
    () => `${btoa(JSON.stringify({ alg: pick(["none", "ES256", "HS256"]), typ: "fhir-ws-binding+jwt", kid: encodeURIComponent(below(1e6)) }))}.${btoa("{}")}.`,
    () => noise(300),
    () => good + noise(3) + "!",
  ])();
  return pick([() => `bind-with-token ${token}`, () => `bind-with-token: ${token}`, () => `bind-with-token${token}`, () => `${noise(5)}${token}`, () => pick([null, "x".repeat(66_000), token])])();
}

const folder = new URL("../../../../schemas/vectors/token/", import.meta.url);
/** Of binding tokens, with policies that a verifier takes and keys that JSON.parse leaves as they are. */
const cases = readdirSync(folder)
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")).cases)
  .filter(({ raw, algorithms, name }) => !raw && algorithms && name !== "jwk-duplicate-member");

test("the token vectors, through the gate", async (t) => {
  let accepted = 0;
  for (const c of cases) {
    const due = c.ok ? c.claims.subscription.map((id) => `handshake ${id}`) : [codeOf(c)];
    if (due[0] === undefined) continue;
    const { said, goodbye } = await through(c);
    assert.deepEqual(said, due, c.name);
    if (c.ok) accepted++;
    else assert.equal(goodbye.reason, codes[due[0]].closeReason, c.name);
  }
  t.diagnostic(`${cases.length} tokens, ${accepted} accepted`);
  assert.ok(accepted > 10 && cases.length - accepted > 200);
});

/**
 * Some tokens cannot stand in a bind frame at all, and of others it tolerates what makes
 * them bad: a space before, a line break behind. A key that cannot be used is the
 * operator's concern.
 */
function codeOf({ token, code }) {
  try {
    return kit.parseBind(`bind-with-token ${token}`) !== token ? undefined : codes[code].closeStatus === 0 ? "internal" : code;
  } catch (err) {
    return err.code;
  }
}

async function through({ token, keys, algorithms, issuer, audience, typ, now, clockTolerance, claims }) {
  const clock = new VirtualClock(Math.min(now, (claims?.exp ?? Infinity) - 1) * 1000);
  const gate = bindGate({
    verifier: verifier({
      kit, keys, algorithms, clockTolerance, now: () => now,
      ...(issuer ? { issuer } : { anyIssuer: true }), ...(audience ? { audience } : { anyAudience: true }), ...(typ === "" ? { anyType: true } : { typ }),
    }),
    websocketUrl, upstream: new FakeUpstream(), fhir: "R5", kit, clock, replay: "stateless",
  });
  const port = new Port();
  port.session = gate.accept(port);
  const answered = new Promise((resolve) => {
    const { send, close } = port;
    port.send = (text) => (send.call(port, text), port.sent.length === (claims?.subscription.length ?? 1) && resolve());
    port.close = (...args) => (close.apply(port, args), resolve());
  });
  port.session.frame(`bind-with-token ${token}`);
  await answered;
  await settle();
  gate.close();
  return { said: port.look(), goodbye: port.goodbye };
}
