// Makes wasm/dist/wsbind.wasm and wasm/dist/wsbind-jose.wasm: node build.mjs
//
// The bytes depend on the sources, the Go release and the tools of
// wasm/js/package-lock.json, and on nothing else: no clock, randomness, path,
// environment or file of this machine is seen while the module is initialised.
// RATIONALE.md says why each step is there.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { threadJumps } from "./jumps.mjs";
import { read, write } from "./module.mjs";
import { forgetLines } from "./pclntab.mjs";

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

// jumps.mjs, pclntab.mjs and godebug.overlay go by what this release compiles and
// links. Another may do the same; who changes this compares them with its source.
const release = /^go1\.26(\.\d+)?$/;
const [version, goroot] = (await run("go", ["env", "GOVERSION", "GOROOT"])).stdout.split("\n");
if (!release.test(version)) throw new Error(`the modules are made with Go 1.26, and this is ${version}: see wasm/build/build.mjs`);

await mkdir(work, { recursive: true });
await Promise.all(modules.map(build));

// build leaves a module in dist, unless the one that is there comes from the
// same bytes: those that Go made, and those of everything in the chain.
async function build({ name, short, tags, host, overlay }) {
  const file = (step) => join(work, `${short}.${step}`);
  await writeFile(file("overlay.json"), JSON.stringify({ Replace: replacements(overlay) }));
  await run("go", ["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", tags,
    "-overlay", file("overlay.json"), "-o", file("go.wasm"), "./wasm/reactor"], goEnv);

  const made = join(dist, `${name}.wasm`);
  const chain = ["build.mjs", "jumps.mjs", "leb128.mjs", "module.mjs", "pclntab.mjs", "shim.wat", host].map((name) => join(here, name));
  const from = await hash(file("go.wasm"), ...chain, join(root, "wasm/js/package-lock.json"));
  const stamp = async () => `${from} ${await hash(made)}\n`;
  if (existsSync(made) && existsSync(file("stamp")) && (await readFile(file("stamp"), "utf8")) === (await stamp())) return;

  await initialise(file, host);
  const module = read(await readFile(file("snapshot.wasm")));
  forgetLines(module.memory);
  await writeFile(file("small.wasm"), write(module));
  await WebAssembly.compile(await readFile(file("small.wasm")));
  await rename(file("small.wasm"), made);
  await rm(join(root, "bin/cache"), { recursive: true, force: true }); // what wazero compiled of the one before
  await writeFile(file("stamp"), await stamp());
  await report(made);
}

// replacements maps files of Go's library to those of this folder.
function replacements(overlay) {
  return Object.fromEntries(Object.entries(overlay).map(([original, ours]) => {
    const path = join(goroot, "src", original);
    if (!existsSync(path)) throw new Error(`Go has no ${original} any more, for which ${ours} stands`);
    return [path, join(here, ours)];
  }));
}

// initialise makes of what Go linked a module that is past its start.
async function initialise(file, host) {
  const binaryen = (tool, ...args) => run(join(tools, tool), [...features, ...args]);
  await binaryen("wasm-as", join(here, "shim.wat"), "-o", file("shim.wasm"));
  await binaryen("wasm-as", join(here, host), "-o", file("host.wasm"));
  await writeFile(file("jumps.wasm"), threadJumps(await readFile(file("go.wasm"))));
  await binaryen("wasm-merge", file("jumps.wasm"), "go", file("shim.wasm"), "wasi_snapshot_preview1", "-o", file("shimmed.wasm"));
  await binaryen("wasm-merge", file("shimmed.wasm"), "module", file("host.wasm"), "host", "-o", file("merged.wasm"));

  // Wizer would call Go's _initialize besides initialize, which does it already.
  const shim = new WebAssembly.Module(await readFile(file("shim.wasm")));
  const inner = WebAssembly.Module.exports(shim).map(({ name }) => name).filter((name) => name !== "initialize");
  await binaryen("wasm-opt", "-O1", "--skip-pass=memory-packing", `--remove-exports=${["_initialize", "random", ...inner]}`,
    file("merged.wasm"), "-o", file("opt.wasm"));
  await run(join(tools, "wizer"), ["--init-func", "initialize", "--allow-wasi", "--wasm-bulk-memory", "true",
    file("opt.wasm"), "-o", file("snapshot.wasm")]);
}

async function report(path) {
  const bytes = await readFile(path);
  const brotli = await promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const kB = (n) => `${(n / 1000).toFixed(1)} kB`;
  console.log(`${relative(root, path)}: ${kB(bytes.length)}, brotli ${kB(brotli.length)}, sha256 ${await hash(path)}`);
}

async function hash(...paths) {
  const sum = createHash("sha256");
  for (const path of paths) sum.update(await readFile(path));
  return sum.digest("hex");
}

async function run(command, args, env) {
  try {
    return await promisify(execFile)(command, args, { cwd: root, env: { ...process.env, ...env }, maxBuffer: 1 << 24 });
  } catch (error) {
    console.error(error.stderr || error.message);
    throw new Error(`${command} ${args.join(" ")} failed`);
  }
}
