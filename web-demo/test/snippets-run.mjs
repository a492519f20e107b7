// Runs what a user pastes: a shell, programs in Node and in Go, in a directory of
// their own.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const root = here("../..");
const packages = here("../../wasm/js/test/node_modules");

const binary = process.env.WSBIND_BIN ?? here("../../bin/wsbind");

/** Node 20 has no WebSocket. */
const node = [join(packages, "node22/bin/node"), process.execPath].find(existsSync);

/** Milliseconds after which a program that hangs is ended. */
const PATIENCE = 20_000;

/** The directory, as somebody has it who has installed the package and the binary. */
export function makeDesk() {
  const directory = mkdtempSync(join(tmpdir(), "wsbind-snippets-"));
  mkdirSync(join(directory, "node_modules"));
  mkdirSync(join(directory, "path"));
  symlinkSync(join(packages, "wsbind"), join(directory, "node_modules/wsbind"));
  symlinkSync(binary, join(directory, "path/wsbind"));
  symlinkSync(node, join(directory, "path/node"));
  return {
    directory,
    write: (name, text) => writeFileSync(join(directory, name), text),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/**
 * Runs a snippet. One that goes on by itself is interrupted as by Ctrl-C, once it has
 * printed what `until` matches; `enter` presses Enter then instead.
 */
export function run(desk, language, text, { until, enter = false, env = {}, program } = {}) {
  if (language === "js") desk.write(`${program}.mjs`, text);
  const [command, args] = language === "js" ? [node, [`${program}.mjs`]] : language === "go" ? [program, []] : ["bash", ["-c", text]];
  const variables = { ...process.env, PATH: `${join(desk.directory, "path")}:${process.env.PATH}`, NODE_NO_WARNINGS: "1", ...env };
  const child = spawn(command, args, { cwd: desk.directory, env: variables, detached: true });
  const stop = (signal) => child.exitCode === null && process.kill(-child.pid, signal);
  const deadline = setTimeout(() => stop("SIGKILL"), PATIENCE);
  let output = "";
  let stopped = false;
  const more = (chunk) => {
    output += chunk;
    if (!until?.test(output) || stopped) return;
    stopped = true;
    if (enter) child.stdin.write("\n");
    else stop("SIGINT");
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", more);
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, stopped }));
  });
  return ended.finally(() => clearTimeout(deadline));
}

/** Runs a tool to its end and returns what it printed. */
export async function tool(command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk) => { output += chunk; });
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return { code, output };
}

/** Go programs in a directory that belongs to the module, for nobody but those who name it. */
export function makeGoPrograms(programs) {
  const modules = here("../node_modules/");
  const directory = mkdtempSync(join(modules, ".go-"));
  const place = (name) => `./${relative(root, join(directory, name))}`;
  for (const [name, text] of Object.entries(programs)) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, "main.go"), text);
  }
  mkdirSync(join(directory, "bin"));
  return {
    directory,
    places: Object.keys(programs).map(place),
    binary: (name) => join(directory, "bin", name),
    remove: () => rmSync(directory, { recursive: true }),
    /** As make build does, so that what it has compiled is at hand. */
    async build(...names) {
      const { code, output } = await tool("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", `${join(directory, "bin")}/`, ...names.map(place)], { CGO_ENABLED: "0" });
      if (code !== 0) throw new Error(output);
    },
  };
}
