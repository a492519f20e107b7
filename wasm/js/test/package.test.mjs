// The package as npm, bundlers and compilers see it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { installed } from "./kit/support.mjs";

const directory = fileURLToPath(installed);
const here = fileURLToPath(new URL(".", import.meta.url));
const tools = join(here, "../node_modules");
const { exports, ...manifest } = JSON.parse(await readFile(new URL("package.json", installed), "utf8"));
const files = (await readdir(directory, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length)).sort();

/** What may be imported besides files of the package. */
const ofNode = {
  "dist/edge/node.d.ts": ["node:http", "node:stream"],
  "dist/edge/nodehttp.d.ts": ["node:http", "node:net", "node:stream"],
  "dist/edge/nodehttp.js": ["node:http", "node:stream", "node:stream/promises"],
  "dist/runtime/node.js": ["node:fs/promises"],
  "dist/mock/binary.js": ["node:process", "node:url"],
  "dist/mock/child.js": ["node:child_process", "node:process"],
  "dist/mock/parent.js": ["node:process"],
};

/** node runs a tool of npm, which must succeed; what it said is the reason if it does not. */
function node(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: here, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  assert.equal(status, 0, `${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

test("it holds what was compiled, the module, and what people read", () => {
  const other = files.filter((file) => !/^dist\/.*\.(js|d\.ts)$/.test(file));
  assert.deepEqual(other, ["API.md", "EDGE.md", "GATE.md", "LICENSE", "MOCK.md", "README.md", "dist/wsbind.wasm", "package.json"]);
  for (const file of files.filter((name) => name.endsWith(".js"))) assert.ok(files.includes(file.replace(/js$/, "d.ts")), file);
});

test("it depends on nothing", () => {
  for (const member of ["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies"]) assert.equal(manifest[member], undefined);
});

test("whoever can start no process attaches to a mock without anything of Node, and cannot import startMock", async () => {
  const bundle = (name, platform, conditions) => build({
    stdin: { contents: `import { ${name} } from "wsbind/mock"; console.log(${name})`, resolveDir: here }, bundle: true, write: false, format: "esm", logLevel: "silent", treeShaking: false, platform, conditions,
  });
  for (const [platform, ...conditions] of [["browser"], ["neutral", "browser"], ["neutral", "workerd"], ["neutral", "edge-light"]]) {
    const { outputFiles: [{ text }] } = await bundle("attachMock", platform, conditions);
    assert.doesNotMatch(text, /\bnode:|\bprocess\b/);
    await assert.rejects(bundle("startMock", platform, conditions), /No matching export .* for import "startMock"/);
  }
  for (const name of ["attachMock", "startMock"]) await bundle(name, "node", []);
});

test("every condition has an entry, and what it names is there", () => {
  assert.deepEqual(Object.keys(exports["."]), ["types", "workerd", "edge-light", "deno", "bun", "browser", "node", "default"]);
  assert.deepEqual(Object.keys(exports["./edge"]), Object.keys(exports["."]));
  assert.deepEqual(Object.keys(exports["./mock"]), ["browser", "workerd", "edge-light", "default"]);
  const adapters = ["workerd", "deno", "bun", "node"].flatMap((runtime) => Object.values(exports[`./edge/${runtime}`]));
  const mock = Object.values(exports["./mock"]).flatMap((entry) => Object.values(entry));
  const paths = [...Object.values(exports["."]), ...Object.values(exports["./edge"]), ...Object.values(exports["./wsbind.wasm"]), ...mock, ...adapters.filter((path) => path !== null), exports["./package.json"]];
  for (const path of paths) assert.ok(files.includes(path.slice(2)), path);
});

test("every import is relative, but for those of Node", async () => {
  for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
    const code = (await readFile(join(directory, file), "utf8")).replace(/\/\*.*?\*\/|'.*?'/gs, "");
    const strange = [...code.matchAll(/(?:\bfrom|\bimport) ?\(?"([^"]*)"/g)].map(([, specifier]) => specifier).filter((specifier) => !/^\.\.?\/.*\.(js|wasm|wasm\?module)$/.test(specifier));
    assert.deepEqual(strange, ofNode[file] ?? [], file);
  }
});

test("publint finds nothing", () => {
  assert.match(node(join(tools, "publint/src/cli.js"), "run", directory, "--strict", "--pack", "false"), /All good/);
});

test("arethetypeswrong finds nothing", () => {
  const tarball = join(here, "../../../bin/wsbind.tgz");
  node(join(here, "node_modules/@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only");
});

for (const [resolution, lib] of [["nodenext", "dom"], ["bundler", "node"], ["nodenext", "ws"]]) {
  test(`types hold with module resolution ${resolution} and the types of ${lib} alone`, () => {
    node(join(tools, "typescript/bin/tsc"), "--project", `types/tsconfig.${resolution}-${lib}.json`);
  });
}
