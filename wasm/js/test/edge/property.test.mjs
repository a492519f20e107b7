// Whatever happens in whatever order: a client is told of a Subscription while the token
// that holds it is good, and never when none is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../client/clock.mjs";
import { random } from "../client/random.mjs";
import { event, FakeUpstream, frame, later, settle, setup, spoken } from "./world.mjs";

const ids = ["s1", "s2", "s3"];
const people = ["alice", "bob"];

for (const tags of [true, false]) {
  test(`events reach whom they may, ${tags ? "and the channel says whose they are" : "and nobody says whose they are"}`, async (t) => {
    const first = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    let told = 0;
    for (let seed = first; seed < first + 40; seed++) told += await run(t, tags, seed);
    assert.ok(told > 50, `only ${told} events were told: the script is about nothing`);
  });
}

/** Plays a random script with one socket, next to a model of which tokens are good. Returns how many events were told. */
async function run(t, tags, seed) {
  const next = random(seed);
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const clock = new VirtualClock();
  const upstream = Object.assign(new FakeUpstream(), { tags });
  const world = setup(t, { upstream }, clock);
  const port = world.connect();
  const seconds = () => clock.now() / 1000;
  /** Tokens that were bound on the socket. */
  const good = [];
  const isGood = (entry, id) => entry.exp > seconds() && !entry.gone.has(id);
  const covering = (id) => good.filter((entry) => entry.ids.includes(id));
  const mayBeTold = (id) => covering(id).some((entry) => isGood(entry, id));
  /** Of several tokens that which lasts longest holds it: where that is good there is no doubt. */
  const mustBeTold = (id) => {
    const longest = Math.max(...covering(id).map(({ exp }) => exp));
    return covering(id).filter(({ exp }) => exp === longest).every((entry) => isGood(entry, id)) && covering(id).length > 0;
  };
  let [number, told, step] = [0, 0, ""];
  let held = null;

  const bind = async () => {
    const claims = { jti: `j${seed}-${number++}`, sub: pick(people), lasts: 10 + below(60) };
    const named = ids.filter(() => next() < 0.5);
    if (named.length === 0 || held !== null) return;
    const slow = next() < 0.3 ? (held = later()) : null;
    upstream.onBind = async (grant, channel) => {
      for (const id of grant.ids) channel.tell(frame(id), id);
      await slow?.promise;
      return { ids: grant.ids, omitted: [] };
    };
    const entry = { ids: named, sub: claims.sub, jti: claims.jti, exp: Math.floor(seconds()) + claims.lasts, gone: new Set() };
    port.session.frame(`bind-with-token ${await world.token(named, claims)}`);
    await settle();
    if (world.events.some(({ event, jti, subscriptions }) => event === "bind-refused" && jti === claims.jti)) return;
    const revoked = world.revoked ?? [];
    for (const id of named) if (revoked.some((r) => r.at >= Math.floor(seconds()) && (r.subject === entry.sub || r.subscription === id))) entry.gone.add(id);
    good.push(entry);
  };
  const revoke = async () => {
    const what = pick([() => ({ subject: pick(people) }), () => ({ subscription: pick(ids) }), () => ({ jti: pick(good)?.jti ?? "none" })])();
    (world.revoked ??= []).push({ ...what, at: seconds() });
    await world.gate.revoke(what);
    for (const entry of good) {
      for (const id of entry.ids) if (what.jti === entry.jti || what.subject === entry.sub || what.subscription === id) entry.gone.add(id);
    }
  };
  const emit = () => {
    const id = pick(ids);
    // The server sends what it was asked for at least once.
    if (!upstream.channels[0]?.grants.some((grant) => grant.ids.includes(id))) return;
    port.sent.length = 0;
    const [may, must] = [mayBeTold(id), mustBeTold(id) && port.goodbye === null];
    upstream.channels[0].tell(event(id, ++number), id);
    const got = port.sent.map(spoken).filter((said) => said.startsWith("event-notification"));
    // What a bind in progress renews goes on until that is done: see session.test.mjs.
    if (held === null) {
      const where = `seed ${seed}: ${step}: ${id}`;
      if (got.length > 0) assert.ok(may, `${where} was told`);
      else assert.ok(!must, `${where} was not told`);
    }
    told += got.length;
  };
  const release = async () => {
    held?.resolve();
    held = null;
    await settle();
  };

  for (let i = 0; i < 60 && port.goodbye === null; i++) {
    const act = pick([bind, bind, revoke, emit, emit, emit, emit, release, () => clock.advance(below(20_000)), () => clock.jump(below(5_000))]);
    step += `${act.name || "time"} `;
    await act();
  }
  await release();
  if (port.goodbye !== null) emit();
  return told;
}
