import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

// go-test.mjs, with a go that prints what it is told and ends as it is told.
const folder = mkdtempSync(join(tmpdir(), "wsbind-ci-"));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "go"), '#!/bin/sh\nprintf \'%s\\n\' "$EVENTS"\neval "$END"\n', { mode: 0o755 });

function run(end, ...events) {
  const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), EVENTS: events.map((e) => JSON.stringify(e)).join("\n"), END: end };
  const { status, stdout } = spawnSync(process.execPath, [fileURLToPath(new URL("go-test.mjs", import.meta.url)), "./..."], { env, encoding: "utf8" });
  return { status, stdout };
}

const output = (Test, Output) => ({ Action: "output", Package: "p", Test, Output });
const end = (Action, Test) => ({ Action, Package: "p", Test });

test("what passes is a line for each package", () => {
  const events = [output("TestA", "a lot\n"), end("pass", "TestA"), output(undefined, "ok  \tp\t1s\n"), end("pass")];
  assert.deepEqual(run("exit 0", ...events), { status: 0, stdout: "ok  \tp\t1s\n" });
});

test("what fails is printed", () => {
  const { status, stdout } = run("exit 1", output("TestA", "why\n"), end("fail", "TestA"), end("fail"));
  assert.equal(status, 1);
  assert.match(stdout, /why/);
});

test("a skipped test fails the run", () => {
  const { status, stdout } = run("exit 0", output("TestA", "no network\n"), end("skip", "TestA"), end("pass"));
  assert.equal(status, 1);
  assert.match(stdout, /skipped, and not listed in \.ci\/skips .*: p TestA\nno network/);
});

test("a go that is killed has not passed", () => {
  assert.equal(run("kill -9 $$", end("pass", "TestA")).status, 1);
});
