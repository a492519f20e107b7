// The runtimes in which gates are run: each starts a program and tells when it
// answers requests.
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { Group } from "../group.mjs";

const installed = (path) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

/** The command lines of the runtimes that run a file. */
export const commands = {
  Node: [process.execPath],
  Deno: [installed("@deno/linux-x64-glibc/deno"), "run", "--allow-net", "--allow-env", "--allow-read", "--no-remote", "--node-modules-dir=manual"],
  Bun: [installed("@oven/bun-linux-x64/bin/bun")],
};

/**
 * Starts a command that serves on a port. What it prints is in the error if it
 * does not.
 *
 * @returns {origin, pid, output(), printed(pattern), terminate(), stop()}; printed resolves once
 *   what is printed from now on has the pattern in it
 */
export async function serve(command, { port, env = {}, cwd }) {
  let output = "", look = () => {};
  const group = new Group(command, { cwd, env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", PORT: String(port), ...env }, heard(text) {
    output += text;
    look();
  } });
  const printed = (pattern) => new Promise((resolve) => {
    output = "";
    look = () => pattern.test(output) && resolve();
  });
  await listening(port, group.closed.then(() => Promise.reject(new Error(`${command.join(" ")} ended:\n${output}`))));
  group.hold(false);
  return { origin: `http://127.0.0.1:${port}`, pid: group.pid, output: () => output, printed, terminate: () => group.end("SIGTERM"), stop: () => group.end() };
}

/** Resolves once somebody answers at a port; failed rejects if nobody will. */
export async function listening(port, failed) {
  failed.catch(() => {});
  let over = false;
  const tries = async () => {
    while (!over && !(await answers(port))) await pause(10);
  };
  await Promise.race([tries(), failed]).finally(() => (over = true));
}

const answers = (port) => new Promise((resolve) => {
  const socket = connect(port, "127.0.0.1");
  const done = (is) => {
    socket.destroy();
    resolve(is);
  };
  socket.on("connect", () => done(true)).on("error", () => done(false));
});

/** The bytes of memory that a process and those it started hold. */
export async function memoryOf(pid) {
  const [status, threads] = await Promise.all([readFile(`/proc/${pid}/status`, "utf8"), readdir(`/proc/${pid}/task`)]);
  const children = (await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/children`, "utf8").catch(() => "")))).join(" ").trim();
  const own = Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
  const others = await Promise.all(children === "" ? [] : children.split(/\s+/).map(memoryOf));
  return others.reduce((sum, bytes) => sum + bytes, own);
}
