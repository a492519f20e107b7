// What the reports of all runtimes come to. A row is a report with the name of
// the runtime and due, the SHA-256 of the module it should run, null for none.

/** The rows as a table. */
export function table(rows) {
  const short = (digest) => digest.slice(0, 16) || "-";
  const cells = rows.map((r) => [r.name, r.version, r.cases, r.failures.length, short(r.module), short(r.results), r.seconds.toFixed(1)].map(String));
  const lines = [["runtime", "version", "cases", "failures", "module", "results", "seconds"], ...cells];
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}

/** What is wrong, as texts: none if every row has all cases, no failure, its module, and the first row's results. */
export function problems(rows, cases) {
  return rows.flatMap((row) => {
    const found = row.failures.slice(0, 3).map((f) => `${row.name}: ${f.case}\n  want ${excerpt(f.want, f.got)}\n  got  ${excerpt(f.got, f.want)}`);
    const add = (bad, text) => bad && found.push(`${row.name}: ${text}`);
    add(row.failures.length > 3, `${row.failures.length - 3} more failures`);
    if (row.cases === 0) return found.length > 0 ? found : [`${row.name}: no cases`];
    const [, major] = /^Node (\d+)$/.exec(row.name) ?? [];
    add(major && !row.version.startsWith(`v${major}.`), `it was Node ${row.version}`);
    add(row.cases !== cases, `${row.cases} cases, ${cases} are due`);
    add(row.due && row.module !== row.due, `ran a module with the SHA-256 ${row.module}, that in wasm/dist has ${row.due}`);
    add(row.results !== rows[0].results, `the results are ${row.results}, those of ${rows[0].name} ${rows[0].results}`);
    return found;
  });
}

/** The part of a text around its first difference from another. */
function excerpt(text, other) {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  const from = Math.max(0, at - 200);
  return `${from > 0 ? "…" : ""}${text.slice(from, at + 400)}${text.length > at + 400 ? "…" : ""}`;
}
