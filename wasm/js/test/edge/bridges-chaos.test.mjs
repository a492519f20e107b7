// Whatever happens behind a bridge: what a client is told hangs together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../client/random.mjs";
import { bridged, settle } from "./bridged.mjs";

const ids = ["s1", "s2", "s3"];

/** One that has found something, and some others. */
const seeds = [123, ...Array.from({ length: 24 }, (_, i) => i + 1)];

/** Does things at random to a gate and the server behind it. */
async function play(t, dialect, seed, steps) {
  const chance = random(seed);
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const { clock, server, channel, store, upstream } = bridged(t, dialect, { subscriptions: { s1: { heartbeat: 7 }, s2: {}, s3: {} }, patience: 20 });
  const clients = [];
  const join = () => {
    const client = { ...channel(), binds: 0, log: [] };
    client.listener.told = { push: (what) => client.log.push(what), splice: () => [], some: () => false };
    clients.push(client);
  };
  join();
  const does = {
    event: () => server.emit(pick(ids), 1 + Math.floor(chance() * 3)),
    bind: () => {
      const client = pick(clients);
      const wanted = ids.filter(() => chance() < 0.6);
      if (wanted.length === 0) return;
      client.binds++;
      client.bind(...wanted).then(
        (bound) => client.log.push(`bound ${bound.ids}`),
        ({ code }) => assert.ok(["aborted", "upstream-unavailable", "upstream-refused", "store-unavailable", "unknown-subscription"].includes(code), code),
      ).finally(() => client.binds--);
    },
    unbind: () => {
      const [client, id] = [pick(clients), pick(ids)];
      client.log.push(`unbound ${id}`);
      client.unbind(id);
    },
    join: () => clients.length < 6 && join(),
    close: () => {
      const client = pick(clients);
      client.log.push("closed");
      client.close();
      clients.splice(clients.indexOf(client), 1);
      done.push(client);
      if (clients.length === 0) join();
    },
    cut: () => pick(server.open)?.shut(pick([1001, 1006, 1011])),
    fall: () => server.fall(),
    rise: () => { server.down = false; },
    slow: () => {
      let go;
      store.wait = new Promise((resolve) => { go = resolve; });
      clock.setTimeout(go, chance() * 3_000);
    },
    wait: () => clock.advance(chance() * 4_000),
    turn: () => settle(),
  };
  const done = [];
  const likely = [..."event event event bind bind unbind join close cut fall rise rise slow wait wait wait turn turn".split(" ")];
  for (let i = 0; i < steps; i++) {
    await does[pick(likely)]();
    if (chance() < 0.3) await settle();
  }
  server.down = false;
  store.wait = Promise.resolve();
  await clock.advance(120_000);
  const all = [...clients, ...done];
  for (const client of all) {
    hangsTogether(client.log, seed);
    assert.equal(client.binds, 0, `a bind of seed ${seed} never ended`);
  }
  upstream.close();
  await clock.advance(20_000);
  assert.equal(server.open.length, 0, `seed ${seed}: a socket is left`);
  assert.equal(clock.pending, 0, `seed ${seed}: a timer is left`);
  return all.flatMap(({ log }) => log);
}

/** Checks the log of one client. */
function hangsTogether(log, seed) {
  const last = {};
  const open = new Set();
  let over = false;
  for (const line of log) {
    const [what, id, number] = line.split(" ");
    const why = `seed ${seed}: ${line} in ${log.join(", ")}`;
    if (what === "closed" || what === "failed") over = true;
    else if (what === "unbound") open.delete(id);
    else if (what === "bound") continue;
    else if (over) assert.fail(why);
    else if (what === "invalid") assert.fail(why);
    else if (what === "handshake") open.add(id);
    else if (what === "heartbeat") assert.ok(open.has(id), why);
    else if (what === "event-notification") {
      assert.ok(open.has(id) && Number(number) > (last[id] ?? 0), why);
      last[id] = Number(number);
    }
  }
}

for (const dialect of ["legacy", "medplum"]) {
  test(`${dialect}: no number comes twice, none before its handshake, and nothing is left behind`, async (t) => {
    const seen = {};
    for (const seed of seeds) for (const line of await play(t, dialect, seed, 80)) seen[line.split(" ")[0]] = (seen[line.split(" ")[0]] ?? 0) + 1;
    for (const what of ["handshake", "event-notification", "heartbeat", "lost", "bound"]) assert.ok(seen[what] > 10, `${what}: ${JSON.stringify(seen)}`);
    t.diagnostic(JSON.stringify(seen));
  });
}
