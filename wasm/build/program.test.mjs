import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { WASI } from "node:wasi";
import { threadJumps } from "./jumps.mjs";
import { read, write } from "./module.mjs";
import { forgetLines } from "./pclntab.mjs";

// testdata/program is run as Go linked it, and as the chain rewrites it. It says
// the same in both, and also natively.

const source = fileURLToPath(new URL("testdata/program/main.go", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wsbind-program-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const kinds = {
  "as Go linked it": (bytes) => bytes,
  "with direct jumps": threadJumps,
  "without line tables": forget,
  "with everything rewritten": (bytes) => forget(threadJumps(bytes)),
};
const modules = {};
let native;

before(() => {
  const go = (env, ...args) => execFileSync("go", args, { env: { ...process.env, ...env }, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  native = go({}, "run", source);
  const linked = join(folder, "program.wasm");
  go({ GOOS: "wasip1", GOARCH: "wasm", GOEXPERIMENT: "nogreenteagc" }, "build", "-trimpath", "-ldflags=-s -w", "-o", linked, source);
  const bytes = readFileSync(linked);
  for (const [kind, rewrite] of Object.entries(kinds)) modules[kind] = new WebAssembly.Module(rewrite(bytes));
});

function forget(bytes) {
  const module = read(bytes);
  forgetLines(module.memory);
  return write(module);
}

/** run returns the exit status of a module, and what it printed. */
function run(module, args, env) {
  const [out, err] = ["out", "err"].map((name) => join(folder, name));
  const [stdout, stderr] = [out, err].map((path) => openSync(path, "w"));
  const wasi = new WASI({ version: "preview1", args: ["program", ...args], env, stdout, stderr, returnOnExit: true });
  const status = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
  for (const file of [stdout, stderr]) closeSync(file);
  return { status, out: readFileSync(out, "utf8"), err: readFileSync(err, "utf8") };
}

for (const kind of Object.keys(kinds)) {
  // With GOGC=1 the collector runs all the time, and moves stacks.
  for (const env of [{}, { GOGC: "1" }]) {
    test(`${kind}, ${JSON.stringify(env)}: goroutines, panics, stacks and collections`, () => {
      assert.deepEqual(run(modules[kind], [], env), { status: 0, out: native, err: "" });
    });
  }

  for (const [how, status, out, err] of [
    ["panic", 2, "deferred\n", /^panic: given up: why\n\ngoroutine 1 \[running\]:\n/],
    ["deadlock", 2, "", /^fatal error: all goroutines are asleep - deadlock!\n/],
    ["exit", 3, "", /^$/],
  ]) {
    test(`${kind}: it gives up with ${how}`, () => {
      const got = run(modules[kind], [how], {});
      assert.deepEqual([got.status, got.out], [status, out]);
      assert.match(got.err, err);
    });
  }
}

test("only the two names that the collector looks for stay", () => {
  const [linked, forgotten] = ["as Go linked it", "without line tables"].map((kind) => memoryOf(modules[kind]));
  for (const name of ["reflect.makeFuncStub", "reflect.methodValueCall", "runtime.gopanic", "main.onStack"]) {
    assert.ok(linked.includes(`\0${name}\0`), `${name} is in the module`);
    assert.equal(forgotten.includes(`\0${name}\0`), name.startsWith("reflect."), name);
  }
});

function memoryOf(module) {
  const wasi = new WASI({ version: "preview1" });
  return Buffer.from(new WebAssembly.Instance(module, wasi.getImportObject()).exports.memory.buffer);
}
