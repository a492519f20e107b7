// Where the suite runs. A runtime is a runner of at most 25 lines in runners/,
// and an entry here that says how to start it.
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { visit } from "../browser/chromium.mjs";
import { packed, worker } from "./bundle.mjs";

const test = fileURLToPath(new URL("..", import.meta.url));
const runner = (file) => join(test, "conformance/runners", file);
const installed = (path) => join(test, "node_modules", path);

/** The version of an npm package that is installed for the tests. */
const versionOf = async (name) => JSON.parse(await readFile(installed(`${name}/package.json`), "utf8")).version;

/** A runtime that is a command, given the runner and the cases. */
const program = (name, line) => ({
  name,
  start: async ({ cases, command }) => ({ run: () => command([...line, cases]) }),
});

/** A Go program, which the driver has built. */
const go = (name, program, args, module, apart = false) => ({
  name,
  module,
  apart,
  start: async ({ cases, folder, command }) => ({ run: () => command([join(folder, program), ...args, cases]) }),
});

const workerd = {
  name: "workerd",
  start: async ({ cases, folder, command }) => {
    await worker(runner("workerd.mjs"), folder, ["bytes", "suite"]);
    await copyFile(cases, join(folder, "suite.json"));
    await copyFile(runner("workerd.capnp"), join(folder, "workerd.capnp"));
    const binary = installed("@cloudflare/workerd-linux-64/bin/workerd");
    return { version: await versionOf("workerd"), run: () => command([binary, "test", join(folder, "workerd.capnp")]) };
  },
};

const edge = {
  name: "edge-runtime",
  start: async ({ cases, command }) => ({
    version: await versionOf("edge-runtime"),
    run: () => command([process.execPath, runner("edge.mjs"), cases]),
  }),
};

const chromium = {
  name: "Chromium",
  start: async ({ cases }) => ({
    run: () => visit(test, "/conformance/runners/chromium.html", { files: { "/cases.json": cases } }),
  }),
};

/**
 * All of them: the name, the module in wasm/dist that it must run (default
 * wsbind.wasm, null for none), and start, which gives run, a function that
 * returns what the runner prints. The first is what the others are compared with.
 * What is apart runs only where it is named: the interpreter takes as long as all the
 * others together.
 */
export const runtimes = [
  go("Go", "native", [], null),
  go("wazero compiler", "wazero", ["compiler", join(packed, "dist/wsbind.wasm")]),
  go("wazero interpreter", "wazero", ["interpreter", join(packed, "dist/wsbind.wasm")], undefined, true),
  go("wazero, with jose", "wazero", ["compiler", join(test, "../../dist/wsbind-jose.wasm")], "wsbind-jose.wasm"),
  program("Node 20", [process.execPath, runner("node.mjs")]),
  program("Node 22", [installed("node22/bin/node"), runner("node.mjs")]),
  program("Node 24", [installed("node24/bin/node"), runner("node.mjs")]),
  program("Deno", [installed("@deno/linux-x64-glibc/deno"), "run", "--allow-read", "--no-remote", "--node-modules-dir=manual", runner("deno.mjs")]),
  program("Bun", [installed("@oven/bun-linux-x64/bin/bun"), runner("bun.mjs")]),
  workerd,
  edge,
  chromium,
];
