// The table of figures: what is to be reached, and what was.
import { cpus } from "node:os";

const V8 = ["Node 20", "Node 24", "Chromium", "workerd", "Deno"];
const all = [...V8, "Bun"];

// Rows that are ratios, by the beginning of their name: what to reach, and where.
// The first that fits holds.
const due = [
  { row: "valid", peer: "ajv", reach: 1, where: all },
  { row: "invalid", peer: "ajv", reach: 1.3, where: all },
  { row: "notification", peer: "ajv", reach: 0.7, where: V8 },
  { row: "verify HS256", peer: "jose", reach: 1.15, where: V8 },
  { row: "verify", peer: "jose", reach: 1, where: V8 },
];

// Why rows are missed, by the beginning of their name.
const reasons = [
  {
    row: "invalid, 420 B",
    why: `The verdict on a small invalid document takes a third longer than that on a valid
one, though the module stops at the first error and words nothing: the parameter at
fault is looked at twice, first as the usual one that it nearly is, then by every
rule; and the verdict is an object that finds its issues when they are asked for,
which takes a quarter of a microsecond to make. ajv is done sooner with an invalid
document than with a valid one. Where issues are read, each is placed, worded by the
value at hand, written as JSON and read from it, which takes longer than judging.`,
  },
  {
    row: "verify",
    why: `The signature is WebCrypto's on both sides and takes most of the time; runs differ
by some hundredths.`,
  },
];

const dueFor = (name) => due.find(({ row }) => name.startsWith(row));
const number = (ratio) => ratio.toFixed(2);

// Two digits are what a run can tell, and what is compared.
const isBelow = (ratio, reach) => Number(number(ratio)) < reach;

/** ratios returns the table of rows and runtimes, as cells. */
function ratios(measured) {
  const names = Object.keys(measured);
  const rows = measured[names[0]].map(({ name }, i) => {
    const { peer, reach } = dueFor(name);
    return [name, `${reach} × ${peer}`, ...names.map((runtime) => cell(measured[runtime][i], runtime))];
  });
  return [["what", "reach", ...names], ...rows];
}

function cell({ name, ratio }, runtime) {
  const { reach, where } = dueFor(name);
  return `${number(ratio)}${where.includes(runtime) && isBelow(ratio, reach) ? " ✗" : ""}`;
}

/** single returns the rows that are no ratio in every runtime. */
function single({ sizes, first, starts, memory }) {
  const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const MiB = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const row = (what, reach, is, ok) => [what, reach, `${is}${ok ? "" : " ✗"}`];
  return [
    ["what", "reach", "measured"],
    row("`wsbind.wasm`, brotli", "500 kB", kB(sizes.lean), sizes.lean <= 500_000),
    row("`wsbind-jose.wasm`, brotli", "1500 kB", kB(sizes.jose), sizes.jose <= 1_500_000),
    row("process start to first verdict in workerd", "1.8 × a trivial worker", `${number(starts.ratio)} (${starts.verdict.toFixed(0)} and ${starts.trivial.toFixed(0)} ms)`, starts.ratio <= 1.8),
    row("Node 20: compile, instantiate, first validation", "12 ms", `${first.toFixed(1)} ms`, first <= 12),
    row("memory after 1,000 small calls, and after 100,000", "the same", `${MiB(memory.after1k)}, ${MiB(memory.after100k)}`, memory.after1k === memory.after100k),
    row("memory after 1 MB notifications, judged; and read", "12 MiB", `${MiB(memory.bundles)}; ${MiB(memory.bundlesRead)}`, Math.max(memory.bundles, memory.bundlesRead) <= 12 * 2 ** 20),
  ];
}

/** missed says of each figure that is not reached by how much, and then why. */
function missed(measured, once) {
  const lines = single(once).filter((cells) => cells.at(-1).endsWith("✗")).map(([what, reach, is]) => `- ${what}: ${is.replace(" ✗", "")}, ${reach} is due.`);
  const why = new Set();
  for (const [name, below] of shortfalls(measured)) {
    const { peer, reach } = dueFor(name);
    lines.push(`- ${name}: ${reach} × ${peer} is due; ${below.join(", ")}.`);
    for (const reason of reasons) if (name.startsWith(reason.row)) why.add(reason.why);
  }
  return lines.length === 0 ? "Nothing." : [lines.join("\n"), ...why].join("\n\n");
}

// shortfalls are the rows that are missed, each with the runtimes and their ratios.
function shortfalls(measured) {
  const runtimes = Object.entries(measured);
  return runtimes[0][1].flatMap(({ name }, i) => {
    const { reach, where } = dueFor(name);
    const below = runtimes.filter(([runtime, rows]) => where.includes(runtime) && isBelow(rows[i].ratio, reach));
    return below.length === 0 ? [] : [[name, below.map(([runtime, rows]) => `${runtime} ${number(rows[i].ratio)}`)]];
  });
}

/** text returns both tables for a terminal. */
export function text(measured, once) {
  return [single(once), ratios(measured)].map(aligned).join("\n\n");
}

function aligned(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
  return rows.map((cells) => cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ").trimEnd()).join("\n");
}

/** markdown returns wasm/BENCHMARKS.md. */
export function markdown(measured, once, versions) {
  const { model } = cpus()[0];
  return `# Figures

Written by \`make bench-wasm\`, which measures all of it in one run. On this machine:
${cpus().length} × ${model}, Linux; ${versions}.

${table(single(once))}

How many times as fast as the peer (a larger number is better; ✗ is less than
what is to be reached):

${table(ratios(measured))}

${microseconds(measured)}

## How it is measured

The packed package and its peers are bundled into one file, which every runtime
runs. A row is timed in 15 rounds: in each, ours and the peer do the same work,
the one that begins taking turns, for some 60 ms each; the figure is the median of
the rounds' ratios. A busy machine slows both down, and changes the ratio little. In
workerd, where clocks stand still within a request, each part of a round is a
request, and the time is taken outside.

- The peer of validations is [ajv](https://ajv.js.org) 8 as standalone code, made
  of the JSON Schema that is generated from the same OperationDefinition, with
  \`JSON.parse\` before it (and \`TextDecoder\` where the document is bytes). Options
  are its defaults; "all errors" and "issues read" are with \`allErrors\`. Both must
  come to the same verdict on each document, or the run fails. Ours is strict
  besides: duplicate names, UTF-8, positions of everything.
- Invalid documents are ten, each with a blunder of its own, in turn. What is timed
  is the verdict; "issues read" looks at the issues of each. Who does not look is
  answered at the first error, and a short document is kept until somebody does, to
  find the issues then. Who looked once is taken for one who looks: the next fifteen
  invalid documents are judged in full at once, and only the sixteenth twice, which
  is cheaper than to make every verdict an object that reads its issues later. In a
  large document all issues are found at once.
- The peer of verifications is \`jwtVerify\` of [jose](https://github.com/panva/jose)
  with an imported key and the same claims options, over 16 tokens in turn.
- Starts are medians of 21 processes each. The trivial worker answers with a
  constant; ours loads the module at global scope and judges a response.
- Memory is that of the instance, in Node: 100,000 valid and invalid responses,
  notifications of 3 KB and bind frames in turn; and 100 notifications of 1 MB.

## What is missed

${missed(measured, once)}
`;
}

function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i < 2 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}

// The times behind the ratios, of the first runtime.
function microseconds(measured) {
  const [runtime] = Object.keys(measured);
  const figure = (time) => (time < 100 ? time.toFixed(1) : time.toFixed(0));
  const times = measured[runtime].map(({ name, ours, peer }) => `${name} ${figure(ours)} and ${figure(peer)}`);
  return `Microseconds in ${runtime}, ours and the peer's: ${times.join("; ")}.`;
}
