// The client against a mock server that does wrong whatever can be done wrong, each
// seed in a tenant of its own: the server has nothing to say against it, and each
// event is handed over once. SEED=17,23 runs these seeds alone, SEEDS=1000 more of them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startMock } from "wsbind/mock";
import { binary } from "../mock.mjs";
import { Pace } from "./pace.mjs";
import { Application, transcript } from "./unkind.mjs";

const releases = ["R4", "R4B", "R5"];
const some = [["s1", "s2"], ["s1", "s2"], ["s1"], ["s2"]];
const lifetime = 8; // seconds: a token is renewed in each run
const atATime = 150;

/** What a machine that is late brings upon any client; where it is the client's own doing, it happens again. */
const late = /"renewed-too-late"|"never-renewed"|^a session has ended/;

/** Milliseconds: whoever answers later than this is no longer within what the mock server allows for (review.Reaction). */
const bearable = 250;

let mock, pace;
before(async () => {
  pace = new Pace();
  mock = await startMock({ binary, lifetime });
});
after(async () => {
  pace.stop();
  await mock.close();
});

/** The seeds of a test: so many, or those that the environment names. */
function seeds(usually) {
  const { SEED, SEEDS = usually } = process.env;
  return SEED ? SEED.split(",").map(Number) : Array.from({ length: Number(SEEDS) }, (_, i) => i + 1);
}

/** Lives through one seed. What is wrong is listed in `wrong`. */
async function live(profile, seed) {
  const fhir = releases[seed % releases.length];
  // A name of its own to each seed: chance depends on it.
  const tenant = await mock.tenant(`${profile}-${seed}`, { seed, profile });
  const application = new Application(tenant, fhir, some[seed % some.length]);
  const wrong = [];
  const began = performance.now();
  try {
    await application.start();
    await application.live(1);
    await application.settled();
  } catch (err) {
    wrong.push(err.message);
  }
  await application.stop().catch((err) => wrong.push(err.message));
  wrong.push(...application.wrong(), ...(await tenant.verdicts()).map((f) => JSON.stringify(f)));
  if (profile === "surprising") wrong.push(...await needless(tenant, application));
  const { struck } = await tenant.faults.state();
  if (wrong.length === 0) await tenant.delete(); // there is a bound on how many there are
  const spoilt = wrong.length > 0 && (pace.latest(began) > bearable || wrong.every((line) => late.test(line)));
  return { profile, seed, fhir, tenant, application, struck, wrong, spoilt };
}

/** What a client does in vain that has no reason to begin anew. */
async function needless(tenant, { told, missed }) {
  const entries = await tenant.journal.entries();
  const asked = entries.filter((e) => e.interaction === "$get-ws-binding-token").map((e) => e.websocketUrl);
  const due = asked.filter((url, i) => url !== asked[i - 1]).length;
  const made = entries.filter((e) => e.kind === "open").length;
  const ended = told.findIndex((line) => line.includes("waiting"));
  return [
    ...(ended < 0 ? [] : [`a session has ended: ${told.slice(Math.max(0, ended - 2), ended + 1).join("; ")}`]),
    // The last may not have been made any more.
    ...(ended >= 0 || made === due || made === due - 1 ? [] : [`${made} connections were made where ${due} were due`]),
    ...Object.entries(missed).filter(([, list]) => list.length > 0).map(([id, list]) => `of ${id} ${list} are missed`),
  ];
}

/** Lives through the seeds of a profile, and once more, with few others, through those that a late machine may have spoilt. */
async function runs(profile, usually) {
  const all = await pace.each(seeds(usually), atATime, (seed) => live(profile, seed));
  const again = await pace.each(all.filter(({ spoilt }) => spoilt), 5, ({ seed }) => live(profile, seed));
  return [...all.filter(({ spoilt }) => !spoilt), ...again];
}

/** Fails with what went wrong, and shows of the first seeds how, and how to see it again. */
async function check(runs) {
  const bad = runs.filter(({ wrong }) => wrong.length > 0);
  if (bad.length === 0) return;
  const list = bad.map(({ seed, fhir, wrong }) => `seed ${seed}, ${fhir}: ${wrong.join("; ")}`);
  const shown = await Promise.all(bad.slice(0, 3).map(story));
  assert.fail(`${bad.length} of ${runs.length} seeds fail:\n${list.join("\n")}\n${shown.join("\n")}`);
}

/** Tells what happened to one seed. */
async function story({ profile, seed, tenant, application, struck }) {
  return `
seed ${seed}, again by: SEED=${seed} node --test --test-name-pattern=${profile} wasm/js/test/client/hostile-mock.test.mjs
what struck: ${JSON.stringify(struck)}
what the client told:
${application.told.join("\n")}
the server's journal:
${await transcript(tenant)}`;
}

describe("a server that is", { concurrency: true }, () => {
  test("hostile: no finding, and each event once", async (t) => {
    const all = await runs("hostile", 200);
    const struck = {};
    for (const run of all) for (const [name, times] of Object.entries(run.struck)) struck[name] = (struck[name] ?? 0) + times;
    t.diagnostic(`${all.reduce((sum, { application }) => sum + application.clients, 0)} clients; ${JSON.stringify(struck)}`);
    await check(all);
    if (process.env.SEED ?? process.env.SEEDS) return;
    const unstruck = (await mock.faults.catalogue()).map(({ fault }) => fault).filter((fault) => !struck[fault]);
    // Whoever sends no ping gets no pong, and two more are a matter of luck.
    assert.ok(unstruck.length <= 3, `these faults do not strike: ${unstruck}`);
  });

  test("surprising: no finding, and no connection that is not needed", async () => check(await runs("surprising", 50)));
});
