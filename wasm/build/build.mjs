// Makes wasm/dist/wsbind.wasm and wasm/dist/wsbind-jose.wasm: node build.mjs
//
// The bytes depend on the sources, the Go release and the tools of
// wasm/js/package-lock.json, and on nothing else: no clock, randomness, path,
// environment or file of this machine is seen while the module is initialised.
// RATIONALE.md says why each step is there.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { takeFindfunc } from "./findfunc.mjs";
import { takeFunctab } from "./functab.mjs";
import { threadJumps } from "./jumps.mjs";
import { addStart, read, write } from "./module.mjs";
import { forgetLines, layout } from "./pclntab.mjs";
import { shareReturns } from "./returns.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const tools = join(root, "wasm/js/node_modules/.bin");
const work = join(root, "bin/wasm");
const dist = join(root, "wasm/dist");

const modules = [
  { name: "wsbind", short: "lean", tags: "", host: "host-lean.wat", overlay: { "internal/godebug/godebug.go": "godebug.overlay" } },
  { name: "wsbind-jose", short: "jose", tags: "jose", host: "host-jose.wat", overlay: {} },
];

const goEnv = {
  GOOS: "wasip1", GOARCH: "wasm", CGO_ENABLED: "0", GOEXPERIMENT: "nogreenteagc",
  GOFLAGS: "", GOWASM: "", GOWORK: "off",
};

// What Go's compiler makes use of.
const features = ["--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext", "--enable-mutable-globals"];

// jumps.mjs, pclntab.mjs, functab.mjs and godebug.overlay go by what this release
// compiles and links. Another may do the same; who changes this compares them with
// its source.
const release = /^go1\.26(\.\d+)?$/;
const oldestNode = 20;

// Bytes that --low-memory-unused is about: Binaryen's LowMemoryBound.
const lowMemory = 1024;

// What is no fault of this program: it is said without a trace of the stack.
class Failure extends Error {}

await main().catch((error) => {
  if (!(error instanceof Failure)) throw error;
  console.error(`make wasm: ${error.message}`);
  process.exitCode = 1;
});

async function main() {
  if (parseInt(process.versions.node) < oldestNode) throw new Failure(`Node ${oldestNode} or later is due, and this is ${process.version}`);
  const [version, goroot] = (await run("go", ["env", "GOVERSION", "GOROOT"])).stdout.split("\n");
  if (!release.test(version)) throw new Failure(`the modules are made with Go 1.26, and this is ${version}: see release in wasm/build/build.mjs`);

  // The steps are written to a folder of this run's own, for another may run at
  // the same time, and moved to work when all is done.
  await mkdir(work, { recursive: true });
  const own = await mkdtemp(join(work, "run-"));
  const tidy = () => rmSync(own, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => (tidy(), process.exit(1)));
  try {
    const all = await Promise.allSettled(modules.map((module) => build(module, goroot, own)));
    for (const { status, reason } of all) if (status === "rejected") throw reason;
    for (const name of await readdir(own)) await rename(join(own, name), join(work, name));
  } finally {
    tidy();
  }
}

// build leaves a module in dist, unless the one that is there comes from the
// same bytes: those that Go made, and those of everything in the chain.
async function build({ name, short, tags, host, overlay }, goroot, own) {
  const file = (step) => join(own, `${short}.${step}`);
  await writeFile(file("overlay.json"), JSON.stringify({ Replace: replacements(overlay, goroot) }));
  // Go leaves alone what it takes for up to date, so this one stays in work. With
  // Go's temporary files on the same disk it is renamed to there, never copied: half
  // a file would pass for up to date.
  const path = join(work, `${short}.go.wasm`);
  await run("go", ["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", tags,
    "-overlay", file("overlay.json"), "-o", path, "./wasm/reactor"], { ...goEnv, GOTMPDIR: own });

  const linked = await readFile(path);
  const chain = ["build.mjs", "findfunc.mjs", "functab.mjs", "instructions.mjs", "jumps.mjs", "leb128.mjs", "module.mjs", "pclntab.mjs", "returns.mjs", "shim.wat", host].map((name) => join(here, name));
  const sources = await Promise.all([...chain, join(root, "wasm/js/package-lock.json")].map((path) => readFile(path)));
  const stamp = (module) => `${hash(linked, ...sources)} ${hash(module)}\n`;
  const made = join(dist, `${name}.wasm`), stamped = join(work, `${short}.stamp`);
  if (existsSync(made) && existsSync(stamped) && (await readFile(stamped, "utf8")) === stamp(await readFile(made))) return;

  await initialise(linked, file, host);
  const module = await lighten(await readFile(file("snapshot.wasm")));
  await writeFile(file("small.wasm"), module);
  await rename(file("small.wasm"), made);
  await rm(join(root, "bin/cache"), { recursive: true, force: true }); // what wazero compiled of the one before
  await writeFile(stamped, stamp(module));
  console.log(`${relative(root, made)}: ${(module.length / 1000).toFixed(1)} kB, sha256 ${hash(module)}`);
}

// replacements maps files of Go's library to those of this folder.
function replacements(overlay, goroot) {
  return Object.fromEntries(Object.entries(overlay).map(([original, ours]) => {
    const path = join(goroot, "src", original);
    if (!existsSync(path)) throw new Failure(`Go has no ${original} any more, for which ${ours} stands`);
    return [path, join(here, ours)];
  }));
}

// initialise makes of what Go linked a module that is past its start.
async function initialise(linked, file, host) {
  const binaryen = (tool, ...args) => run(join(tools, tool), [...features, ...args]);
  await binaryen("wasm-as", join(here, "shim.wat"), "-o", file("shim.wasm"));
  await binaryen("wasm-as", join(here, host), "-o", file("host.wasm"));
  await writeFile(file("jumps.wasm"), threadJumps(linked));
  await binaryen("wasm-merge", file("jumps.wasm"), "go", file("shim.wasm"), "wasi_snapshot_preview1", "-o", file("shimmed.wasm"));
  await binaryen("wasm-merge", file("shimmed.wasm"), "module", file("host.wasm"), "host", "-o", file("merged.wasm"));

  // Wizer would call Go's _initialize besides initialize, which does it already.
  const shim = new WebAssembly.Module(await readFile(file("shim.wasm")));
  const inner = WebAssembly.Module.exports(shim).map(({ name }) => name).filter((name) => name !== "initialize");
  await binaryen("wasm-opt", "-O1", "--low-memory-unused", "--skip-pass=memory-packing", `--remove-exports=${["_initialize", "random", ...inner]}`,
    file("merged.wasm"), "-o", file("opt.wasm"));
  await run(join(tools, "wizer"), ["--init-func", "initialize", "--allow-wasi", "--wasm-bulk-memory", "true",
    file("opt.wasm"), "-o", file("snapshot.wasm")]);
}

// lighten leaves out of a snapshot what nobody reads, and what an instance can
// write itself.
async function lighten(snapshot) {
  const parts = read(snapshot);
  shareReturns(parts);
  if (parts.memory.subarray(0, lowMemory).some(Boolean)) throw new Error("something lies in the memory that wasm-opt was told is unused");
  const go = layout(parts.memory);
  forgetLines(parts.memory, go);
  const memory = Buffer.from(parts.memory);
  addStart(parts, takeFindfunc(parts.memory, go.findfunc), takeFunctab(parts.memory, go));
  const module = write(parts);
  if (!Buffer.from(await initialMemory(module)).subarray(0, memory.length).equals(memory)) throw new Error("an instance does not begin with the memory of the snapshot");
  return module;
}

async function initialMemory(module) {
  const imports = { wasi_snapshot_preview1: new Proxy({}, { get: () => () => { throw new Error("the start function calls its host"); } }) };
  return (await WebAssembly.instantiate(module, imports)).instance.exports.memory.buffer;
}

function hash(...parts) {
  const sum = createHash("sha256");
  for (const bytes of parts) sum.update(bytes);
  return sum.digest("hex");
}

async function run(command, args, env) {
  try {
    return await promisify(execFile)(command, args, { cwd: root, env: { ...process.env, ...env }, maxBuffer: 1 << 24 });
  } catch (error) {
    if (error.code === "ENOENT") throw new Failure(`there is no ${command}`);
    throw new Failure(`${command} ${args.join(" ")} failed\n${error.stderr || error.message}`);
  }
}
