import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

// What build.mjs says when it cannot build. What it builds is tested by
// wasm/build/reproducible.

const folder = mkdtempSync(join(tmpdir(), "wsbind-build-"));
after(() => rmSync(folder, { recursive: true, force: true }));

// A Go of any version, which notes where it is to put things and fails.
const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
writeFileSync(join(folder, "go"), `#!/bin/sh
if [ "$1" = env ]; then printf '%s\\n' "$VERSION" "$ROOT"; exit; fi
while [ "$1" != -o ]; do shift; done
printf '%s\\n' "$GOTMPDIR" "$2" >"$NOTE"
echo 'x.go:1: no such thing' >&2
exit 1
`, { mode: 0o755 });
const note = join(folder, "note");

function build(env) {
  const script = fileURLToPath(new URL("build.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { env: { ...process.env, ...env }, encoding: "utf8" });
  return { status, stdout, stderr };
}

const withGo = (version) => build({ PATH: [folder, process.env.PATH].join(delimiter), VERSION: version, ROOT: goroot, NOTE: note });

test("another release of Go is refused by its name", () => {
  const stderr = "make wasm: the modules are made with Go 1.26, and this is go1.27.1: see release in wasm/build/build.mjs\n";
  assert.deepEqual(withGo("go1.27.1"), { status: 1, stdout: "", stderr });
});

test("a machine without Go is told so", () => {
  assert.deepEqual(build({ PATH: "" }), { status: 1, stdout: "", stderr: "make wasm: there is no go\n" });
});

test("what does not compile is said as Go says it, and no step is left behind", () => {
  const { status, stderr } = withGo("go1.26.99");
  assert.equal(status, 1);
  assert.match(stderr, /^make wasm: go build .* failed\nx\.go:1: no such thing\n\n?$/);
  const [temporary, linked] = readFileSync(note, "utf8").trim().split("\n");
  assert.equal(dirname(temporary), dirname(linked), "Go links on the disk where the module goes, to rename it");
  assert.ok(!existsSync(temporary));
});
