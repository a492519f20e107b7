// What a gate has to do, step by step. The steps of a run share one world and are
// done in order; each leaves it without sockets.
import assert from "node:assert/strict";
import { kit } from "./client.mjs";
import { burst } from "./burst.mjs";
import { newKey } from "./keys.mjs";
import { exchange, frame, RawClient } from "./raw.mjs";

const operation = "$get-ws-binding-token";
const named = (...ids) => ({ resourceType: "Parameters", parameter: ids.map((id) => ({ name: "id", valueId: id })) });
const values = (text, name) => JSON.parse(text).parameter.filter((parameter) => parameter.name === name).map(({ name: _, ...value }) => Object.values(value)[0]);
const codeOf = (text) => JSON.parse(text).issue[0].details.coding[0].code;
const withoutChunks = (body) => body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1);

/** The dialects in which the gate issues the tokens. */
const bridged = ["spec", "medplum", "legacy"];

/** The steps: a name, the dialects that have it where not all do, and what is done. */
export const steps = [
  {
    name: "a token is had for what the caller may bind",
    dialects: bridged,
    async run(world) {
      const one = await world.ask(`Subscription/s1/${operation}`);
      assert.equal(one.status, 200, one.text);
      assert.match(one.headers.get("cache-control"), /no-store/);
      const verdict = kit.validateResponse(one.text, { fhir: "R4" });
      assert.ok(verdict.valid, JSON.stringify(verdict.issues));
      assert.deepEqual(values(one.text, "websocket-url"), [world.url]);
      const both = await world.ask(`Subscription/${operation}`, { body: named("s1", "s2") });
      assert.deepEqual(values(both.text, "subscription"), ["s1", "s2"]);
      for (const body of [named("s1", "nobody"), undefined]) assert.match(String((await world.ask(`Subscription/${operation}`, { body })).status), /^4/);
      const client = await world.connect();
      const [token] = values(one.text, "token");
      assert.deepEqual(await client.bind(token), { type: "handshake", subscription: "s1", numbers: [], total: 0 });
      await client.close();
    },
  },
  {
    name: "a page of another origin is refused",
    async run({ url, origin }) {
      const { status, body } = await exchange(url, [], { headers: { origin: "https://evil.example" } });
      assert.equal(status, 403);
      assert.equal(codeOf(withoutChunks(body)), "origin-refused");
      const own = new RawClient(url, [], { headers: { origin } });
      assert.equal((await own.until((answer) => answer.status)).status, 101);
      own.destroy();
      assert.equal((await fetch(url.replace("ws", "http"))).status, 426);
    },
  },
  {
    name: "what is bound gets its events, and nothing else",
    async run(world) {
      const client = await world.connect();
      assert.deepEqual(await client.bind(await world.issue(["s1"])), { type: "handshake", subscription: "s1", numbers: [], total: 0 });
      await world.emit("s2");
      await world.emit("s1", 3);
      assert.deepEqual(await client.numbers("s1", 3), [1, 2, 3]);
      assert.equal((await client.bind("bad")).code, "malformed-token");
      await world.emit("s1");
      assert.deepEqual(await client.numbers("s1", 1), [4]);
      await client.close();
    },
  },
  {
    name: "a first frame that is no bind is answered, and ends the socket",
    async run(world) {
      for (const [bytes, close] of [[frame("hello"), "1008 expected-bind"], [frame("bind-with-token a.b.c"), "1008 invalid-token"], [frame("x", 2), "1003 binary-frame"]]) {
        const answer = await exchange(world.url, [bytes]);
        assert.equal(`${answer.close.code} ${answer.close.reason}`, close);
        assert.equal(answer.frames.length, 1);
      }
    },
  },
  {
    name: "a frame that is too long ends the socket with 1009",
    async run({ url }) {
      const { close, frames } = await exchange(url, [frame("x".repeat(70_000))]);
      assert.equal(close.code, 1009);
      assert.ok(frames.length <= 1);
    },
  },
  {
    name: "a frame that is no UTF-8 ends the socket with 1007",
    async run({ url }) {
      const { close } = await exchange(url, [frame(Buffer.from([0x62, 0xff]))]);
      assert.equal(close?.code, 1007);
    },
  },
  {
    name: "a renewal goes on where the token before it was",
    async run(world) {
      const client = await world.bound(["s1"]);
      const { total } = await client.bind(await world.issue(["s1", "s2"]));
      await client.next(({ type, subscription }) => type === "handshake" && subscription === "s2");
      await world.emit("s1", 2);
      assert.deepEqual(await client.numbers("s1", 2), [total + 1, total + 2]);
      await world.emit("s2");
      assert.equal((await client.next()).subscription, "s2"); // and nothing came twice
      await client.close();
    },
  },
  {
    name: "a token that expires ends what it bound",
    async run(world) {
      const [alone, other] = await Promise.all([world.connect(), world.bound(["s1"])]);
      await alone.bind(await world.issue(["s2"], { lifetime: 2 }));
      await other.bind(await world.issue(["s2"], { lifetime: 2 }));
      const outcome = ({ type }) => type === "outcome";
      const [ended, partly] = await Promise.all([alone.next(outcome), other.next(outcome)]);
      for (const { code, text } of [ended, partly]) {
        assert.equal(code, "expired-token");
        assert.match(text, /s2/);
      }
      assert.equal(await alone.closed, "1008 expired-token");
      await world.emit("s2");
      await world.emit("s1");
      assert.equal((await other.next(({ type }) => type !== "outcome")).subscription, "s1");
      await other.close();
    },
  },
  {
    name: "a token that is revoked ends what it bound, and binds no more",
    async run(world) {
      const jti = crypto.randomUUID();
      const token = await world.issue(["s1"], { jti });
      const [one, other] = await Promise.all([world.connect(), world.bound(["s1", "s3"])]);
      await one.bind(token);
      await world.revoke({ jti });
      assert.equal((await one.next()).code, "revoked-token");
      assert.equal(await one.closed, "1008 revoked-token");
      assert.equal((await exchange(world.url, [frame(`bind-with-token ${token}`)])).close.reason, "revoked-token");
      await world.emit("s1");
      await other.numbers("s1", 1);
      await world.revoke({ subscription: "s3" });
      const { code, text } = await other.next();
      assert.equal(code, "revoked-token");
      assert.match(text, /s3/);
      await other.close();
    },
  },
  {
    name: "of a hundred binds of one token one succeeds",
    async run(world) {
      const token = frame(`bind-with-token ${await world.issue(["s1"])}`);
      const clients = Array.from({ length: 100 }, () => new RawClient(world.url, [token]));
      const answers = await Promise.all(clients.map((client) => client.until(({ close, frames }) => close ?? frames[0])));
      const refused = answers.filter(({ close, frames }) => close?.reason === "already-used" || codeOfOutcome(frames[0]) === "already-used");
      assert.equal(refused.length, 99);
      for (const client of clients) client.destroy();
    },
  },
  {
    name: "keys change without a bind that fails",
    dialects: bridged, // a server of pass would have to learn of the new key, too
    async run(world) {
      const [next, stray] = await Promise.all([newKey("second"), newKey("stray")]);
      const { keys } = world;
      keys.set(world.key, next);
      const before = keys.fetches;
      await Promise.all(Array.from({ length: 10 }, async (_, i) => {
        const client = await world.connect();
        const told = await client.bind(await world.issue(["s1"], { key: i % 2 === 0 ? next : world.key }));
        assert.equal(told.type, "handshake", told.text);
        await client.close();
      }));
      assert.equal(keys.fetches, before + 1);
      // It is asked once more at the most, however many name a key that is not there.
      const refused = await Promise.all(Array.from({ length: 10 }, async () => exchange(world.url, [frame(`bind-with-token ${await world.issue(["s1"], { key: stray })}`)])));
      for (const { close } of refused) assert.deepEqual(close, { code: 1008, reason: "invalid-token" });
      assert.ok(keys.fetches <= before + 2, `${keys.fetches - before} fetches`);
      keys.set(world.key);
    },
  },
  {
    name: "the FHIR server is lost, and had back",
    dialects: bridged,
    async run(world) {
      const client = await world.bound(["s1", "s2"]);
      await world.lose();
      assert.equal((await client.next(({ type }) => type === "outcome")).code, "upstream-unavailable");
      const refused = await exchange(world.url, [frame(`bind-with-token ${await world.issue(["s1"])}`)]);
      assert.deepEqual(refused.close, { code: 1013, reason: "upstream-unavailable" });
      await world.recover();
      const handshakes = [await client.next(({ type }) => type === "handshake"), await client.next(({ type }) => type === "handshake")];
      assert.deepEqual(handshakes.map(({ subscription }) => subscription).sort(), ["s1", "s2"]);
      const { total } = handshakes.find(({ subscription }) => subscription === "s1");
      await world.emit("s1");
      assert.deepEqual(await client.numbers("s1", 1), [total + 1]);
      await client.close();
    },
  },
  {
    name: "a slow reader is closed with 1013",
    async run(world) {
      const id = world.content === "empty" ? "s1" : "long";
      const client = new RawClient(world.url, [frame(`bind-with-token ${await world.issue([id])}`)]);
      await client.until(({ frames }) => frames.length > 0);
      client.sleep();
      // The buffers of two kernels come first, and how large those are is their own affair.
      let emitted = 0, full = false;
      const told = world.gate.printed(/slow-reader/).then(() => (full = true));
      while (!full) emitted = await world.flood(id, 500);
      await told;
      const { close, frames } = await client.wake();
      assert.deepEqual(close, { code: 1013, reason: "slow-reader" });
      const events = frames.length - 1; // the first is the handshake
      assert.ok(events < emitted, `${events} events of ${emitted}`);
    },
  },
  {
    name: "the gate answers $status, and says that there is no $events",
    dialects: ["medplum", "legacy"],
    async run(world) {
      const client = await world.connect();
      const { total } = await client.bind(await world.issue(["s1"]));
      await client.close();
      const { status, text } = await world.ask("Subscription/s1/$status", { method: "GET" });
      assert.equal(status, 200, text);
      const { valid, issues, notification } = kit.readNotification(text, { fhir: "R4" });
      assert.ok(valid, JSON.stringify(issues));
      assert.equal(notification.statuses[0].eventsSinceSubscriptionStart, BigInt(total));
      assert.ok(total > 0);
      const events = await world.ask("Subscription/s1/$events", { method: "GET" });
      assert.deepEqual([events.status, codeOf(events.text)], [404, "unknown-operation"]);
    },
  },
  {
    name: "what a bridge cannot tell gets no token",
    dialects: ["legacy"],
    async run(world) {
      await world.subscribe("rich", "full-resource");
      const { status, text } = await world.ask(`Subscription/rich/${operation}`);
      assert.deepEqual([status, codeOf(text)], [422, "unsupported-content"]);
    },
  },
  {
    name: "10,000 bad binds",
    dialects: ["spec"],
    run: burst,
  },
  {
    name: "a gate that ends says so",
    dialects: ["spec"],
    async run(world) {
      const client = await world.bound(["s1"]);
      assert.ok(world.gate.terminate, "nothing tells this gate to end");
      await world.gate.terminate();
      assert.match(await client.closed, /^1001 /);
    },
  },
];

const codeOfOutcome = (text) => (text?.includes("OperationOutcome") ? codeOf(text) : undefined);
