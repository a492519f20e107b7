import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { takeFindfunc } from "./findfunc.mjs";
import { takeFunctab } from "./functab.mjs";
import { threadJumps } from "./jumps.mjs";
import { addStart, read, write } from "./module.mjs";
import { forgetLines, layout } from "./pclntab.mjs";
import { shareReturns } from "./returns.mjs";

// testdata/program is run as Go linked it, and as the chain rewrites it. It says
// the same in both, and also natively.

const source = fileURLToPath(new URL("testdata/program/main.go", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wsbind-program-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const kinds = {
  "as Go linked it": (bytes) => bytes,
  "with direct jumps": threadJumps,
  "without line tables": forget,
  "without tables that count": take,
  "with shared return addresses": share,
  "with everything rewritten": (bytes) => take(forget(share(threadJumps(bytes)))),
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

function share(bytes) {
  const module = read(bytes);
  shareReturns(module);
  return write(module);
}

function take(bytes) {
  const module = read(bytes);
  const go = layout(module.memory);
  addStart(module, takeFindfunc(module.memory, go.findfunc), takeFunctab(module.memory, go));
  return write(module);
}

const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

class Exit extends Error {}

/**
 * run returns the exit status of a module, and what it printed. It is a small
 * WASI: that of Node 20 aborts now and then.
 */
function run(module, args, env) {
  const printed = { 1: "", 2: "" };
  const view = () => new DataView(instance.exports.memory.buffer);
  const bytes = (at, size) => new Uint8Array(instance.exports.memory.buffer, at, size);
  const sizes = (list) => (count, size) => {
    view().setUint32(count, list.length, true);
    view().setUint32(size, list.join("").length + list.length, true);
    return 0;
  };
  const strings = (list) => (pointers, at) => {
    for (const [i, text] of list.entries()) {
      view().setUint32(pointers + 4 * i, at, true);
      at += new TextEncoder().encodeInto(`${text}\0`, bytes(at, text.length + 1)).written;
    }
    return 0;
  };
  const argv = ["program", ...args], environ = Object.entries(env).map((pair) => pair.join("="));
  const wasi = {
    args_sizes_get: sizes(argv), args_get: strings(argv), environ_sizes_get: sizes(environ), environ_get: strings(environ),
    clock_time_get: (_id, _precision, at) => (view().setBigUint64(at, process.hrtime.bigint(), true), 0),
    random_get: (at, size) => (crypto.getRandomValues(bytes(at, size)), 0),
    sched_yield: () => 0,
    poll_oneoff: (clock, _events, _n, count) => {
      sleep(Number(view().getBigUint64(clock + 24, true)) / 1e6);
      view().setUint32(count, 0, true);
      return 0;
    },
    proc_exit: (status) => { throw Object.assign(new Exit(), { status }); },
    fd_write: (file, vectors, n, count) => {
      const at = (i) => view().getUint32(vectors + 4 * i, true);
      const text = Buffer.concat(Array.from({ length: n }, (_, i) => bytes(at(2 * i), at(2 * i + 1))));
      printed[file] += text.toString();
      view().setUint32(count, text.length, true);
      return 0;
    },
  };
  const badFile = () => 8;
  const imports = { wasi_snapshot_preview1: new Proxy(wasi, { get: (known, name) => known[name] ?? badFile }) };
  const instance = new WebAssembly.Instance(module, imports);
  try {
    instance.exports._start();
  } catch (exit) {
    if (!(exit instanceof Exit)) throw exit;
    return { status: exit.status, out: printed[1], err: printed[2] };
  }
  return { status: 0, out: printed[1], err: printed[2] };
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

test("an instance writes the tables that count as Go linked them", () => {
  const [linked, taken] = ["as Go linked it", "without tables that count"].map((kind) => modules[kind]);
  assert.ok(memoryOf(linked).equals(memoryOf(taken)));
});

function memoryOf(module) {
  const imports = { wasi_snapshot_preview1: new Proxy({}, { get: () => () => 0 }) };
  return Buffer.from(new WebAssembly.Instance(module, imports).exports.memory.buffer);
}
