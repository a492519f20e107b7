// The client against a mock server that does wrong whatever can be done wrong, each
// seed in a tenant of its own: the server has nothing to say against it, and each
// event is handed over once. SEED=17,23 runs these seeds alone, SEEDS=1000 more of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { startMock } from "wsbind/mock";
import { real as binary } from "../mock/support.mjs";
import { Application, each, transcript } from "./unkind.mjs";

const releases = ["R4", "R4B", "R5"];
const lifetime = 4; // seconds: tokens are renewed
const atATime = 100;

let mock;
before(async () => { mock = await startMock({ binary, lifetime }); });
after(() => mock.close());

/** The seeds of a test: so many, or those that the environment names. */
function seeds(usually) {
  const { SEED, SEEDS = usually } = process.env;
  return SEED ? SEED.split(",").map(Number) : Array.from({ length: Number(SEEDS) }, (_, i) => i + 1);
}

/** Lives through one seed. What is wrong is listed in `wrong`, with a transcript. */
async function live(profile, seed) {
  const fhir = releases[seed % releases.length];
  const tenant = await mock.tenant(`${profile}-${seed}`, { seed, profile });
  const application = new Application(tenant, fhir);
  const wrong = [];
  try {
    await application.start();
    await application.live(2);
    await application.settled();
  } catch (err) {
    wrong.push(err.message);
  }
  await application.stop();
  wrong.push(...application.wrong(), ...(await tenant.verdicts()).map((f) => JSON.stringify(f)));
  const { struck } = await tenant.faults.state();
  return { profile, seed, fhir, tenant, application, struck, wrong };
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

test("hostile: no finding, and each event once", async (t) => {
  const runs = await each(seeds(200), atATime, (seed) => live("hostile", seed));
  const struck = {};
  for (const run of runs) for (const [name, times] of Object.entries(run.struck)) struck[name] = (struck[name] ?? 0) + times;
  t.diagnostic(JSON.stringify(struck));
  t.diagnostic(`${runs.reduce((sum, { application }) => sum + application.clients, 0)} clients`);
  await check(runs);
});
