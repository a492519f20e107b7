// Runs the conformance suite everywhere and compares: make test-conformance.
//
//   node wasm/js/test/conformance/conformance.mjs [RUNTIME…]
//
// Every runtime runs the packed package from ../node_modules/wsbind, in a process
// of its own. The table at the end says which module each ran and what came of
// it; the exit status is 0 if all are the same and nothing failed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { each } from "../each.mjs";
import { problems, table } from "./compare.mjs";
import { runtimes } from "./runtimes.mjs";

const MINUTES = 10;
const root = fileURLToPath(new URL("../../../..", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "wsbind-conformance-"));
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function main(names) {
  const cases = join(folder, "cases.json");
  await command("building", ["go", "build", "-o", folder, "./wasm/js/test/conformance/..."]);
  await command("writing the cases", [join(folder, "cases"), cases]);
  const chosen = runtimes.filter(({ name, apart }) => (names.length === 0 ? !apart : names.includes(name)));
  if (chosen.length === 0) throw new Error(`the runtimes are ${runtimes.map(({ name }) => name).join(", ")}`);
  const rows = await each(chosen, availableParallelism(), (runtime) => row(runtime, cases));
  console.log(table(rows));
  const wrong = problems(rows, JSON.parse(await readFile(cases, "utf8")).cases.length);
  for (const problem of wrong) console.log(`\n${problem}`);
  return wrong.length === 0 ? 0 : 1;
}

/** Runs one runtime; a runner that dies is a row too. */
async function row({ name, module = "wsbind.wasm", start }, cases) {
  const due = module && createHash("sha256").update(await readFile(join(root, "wasm/dist", module))).digest("hex");
  const empty = { name, due, version: "", cases: 0, failures: [], module: "", results: "", seconds: 0 };
  try {
    const { version, run } = await start({ cases, folder, command: (line) => command(name, line) });
    const begun = performance.now();
    const output = await run();
    const seconds = (performance.now() - begun) / 1000;
    const report = JSON.parse(output.trim().split("\n").at(-1));
    return { ...empty, ...report, version: report.version || version, seconds };
  } catch (error) {
    return { ...empty, failures: [{ case: "the runner", want: "a report", got: error.message }] };
  }
}

/** Runs a command in the root of the repository and returns what it prints. */
function command(what, [file, ...args]) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    const child = spawn(file, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
    const fail = (why) => reject(new Error(`${what}: ${why}\n${output.stderr}${output.stdout.slice(-2000)}`));
    const limit = setTimeout(() => (child.kill("SIGKILL"), fail(`not done within ${MINUTES} minutes`)), MINUTES * 60_000);
    child.on("error", fail);
    child.on("close", (code) => {
      clearTimeout(limit);
      if (code === 0) resolve(output.stdout);
      else fail(`exit status ${code}`);
    });
  });
}
