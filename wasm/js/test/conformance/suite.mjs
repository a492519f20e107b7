// The conformance suite, for any JavaScript runtime: a runner of a few lines
// hands it the package and the cases, and prints the report.
//
//   import * as wsbind from "wsbind";
//   import { run } from "../suite.mjs";
//   console.log(JSON.stringify(await run(wsbind, cases, process.version)));
//
// It imports nothing but its own parts and uses nothing but web standards. The
// Go twin of this file is suite.go; both compute the same digest of all answers.
import { answerer, brief } from "./answers.mjs";
import { canonical, hex } from "./canonical.mjs";
import { robustness } from "./robustness.mjs";
import { watch } from "./watch.mjs";

/**
 * Runs every case and the robustness checks.
 *
 * @param wsbind the package's exports
 * @param suite what cases.json holds
 * @param version of the runtime
 * @param module the module's bytes, only where the runtime compiles it itself
 *   and shows none: then they come from the file that the runtime was given
 * @returns {version, cases, failures: [{case, want, got}], module, results}
 */
export async function run(wsbind, suite, version, module) {
  const watched = watch();
  const kit = await wsbind.load();
  const failures = [];
  const answer = answerer(wsbind, kit, suite);
  const lines = [];
  for (const c of suite.cases) {
    const got = canonical(await attempt(() => answer(c)));
    lines.push(`${c.kind}/${c.name} ${got}\n`);
    compare(failures, c, "", c.expect, got);
    if (c.verdict) compare(failures, c, ", as its vector says", c.verdict, canonical(brief(JSON.parse(got))));
  }
  failures.push(...(await robustness(wsbind, kit, watched)));
  const digest = (bytes) => crypto.subtle.digest("SHA-256", bytes).then(hex);
  return {
    version,
    cases: suite.cases.length,
    failures,
    module: await digest(watched.bytes() ?? module ?? new Uint8Array()),
    results: await digest(new TextEncoder().encode(lines.join(""))),
  };
}

async function attempt(call) {
  try {
    return await call();
  } catch (thrown) {
    return { thrown: `${thrown?.name} ${thrown?.code}: ${thrown?.message}\n${thrown?.stack}` };
  }
}

function compare(failures, c, what, want, got) {
  if (canonical(want) !== got) failures.push({ case: `${c.kind}/${c.name}${what}`, want: canonical(want), got });
}
