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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runtimes } from "./runtimes.mjs";

const MINUTES = 5;
const root = fileURLToPath(new URL("../../../..", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "wsbind-conformance-"));
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function main(names) {
  const cases = join(folder, "cases.json");
  await command("writing the cases", ["go", "run", "./wasm/js/test/conformance/cases", cases]);
  const expected = {
    cases: JSON.parse(await readFile(cases, "utf8")).cases.length,
    module: createHash("sha256").update(await readFile(join(root, "wasm/dist/wsbind.wasm"))).digest("hex"),
  };
  const chosen = runtimes.filter(({ name }) => names.length === 0 || names.includes(name));
  const rows = [];
  for (const runtime of chosen) rows.push(await row(runtime, cases));
  return print(rows, expected);
}

/** Runs one runtime; a runner that dies is a row too. */
async function row({ name, start, module = true }, cases) {
  try {
    const { version, run } = await start({ cases, folder, command: (line) => command(name, line) });
    const begun = performance.now();
    const output = await run();
    const seconds = (performance.now() - begun) / 1000;
    const report = typeof output === "string" ? JSON.parse(output.trim().split("\n").at(-1)) : output;
    return { name, ...report, version: report.version || version, seconds, hasModule: module };
  } catch (error) {
    return { name, version: "", cases: 0, failures: [{ case: "the runner", want: "a report", got: error.message }], module: "", results: "", seconds: 0, hasModule: module };
  }
}

/** Runs a command in the root of the repository and returns what it prints. */
function command(what, [file, ...args]) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(MINUTES * 60_000);
    const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
    child.on("error", (error) => reject(signal.aborted ? new Error(`${what}: not done within ${MINUTES} minutes\n${output.stderr}`) : error));
    child.on("close", (code) => (code === 0 ? resolve(output.stdout) : reject(new Error(`${what}: exit status ${code}\n${output.stderr}${output.stdout.slice(-2000)}`))));
  });
}

function print(rows, expected) {
  const problems = rows.flatMap((row) => check(row, rows[0], expected));
  const table = rows.map((row) => [row.name, row.version, row.cases, row.failures.length, row.module.slice(0, 16) || "-", row.results.slice(0, 16) || "-", row.seconds.toFixed(1)]);
  const lines = [["runtime", "version", "cases", "failures", "module", "results", "seconds"], ...table].map((cells) => cells.map(String));
  const widths = lines[0].map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  for (const cells of lines) console.log(cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
  console.log(`\nwasm/dist/wsbind.wasm has the SHA-256 ${expected.module}`);
  for (const problem of problems) console.log(`\n${problem}`);
  return problems.length === 0 ? 0 : 1;
}

/** What is wrong with a row, as texts. */
function check(row, first, expected) {
  const shown = row.failures.slice(0, 3).map((f) => `${row.name}: ${f.case}\n  want ${excerpt(f.want, f.got)}\n  got  ${excerpt(f.got, f.want)}`);
  if (row.failures.length > 3) shown.push(`${row.name}: ${row.failures.length - 3} more failures`);
  if (row.cases !== expected.cases) shown.push(`${row.name}: ${row.cases} cases, ${expected.cases} are due`);
  if (row.hasModule && row.module !== expected.module) shown.push(`${row.name}: ran a module with the SHA-256 ${row.module}`);
  if (row.results !== first.results) shown.push(`${row.name}: results ${row.results}, and those of ${first.name} are ${first.results}`);
  return shown;
}

/** The part of a text around its first difference from another. */
function excerpt(text, other) {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  const from = Math.max(0, at - 200);
  return `${from > 0 ? "…" : ""}${text.slice(from, at + 400)}${text.length > at + 400 ? "…" : ""}`;
}
