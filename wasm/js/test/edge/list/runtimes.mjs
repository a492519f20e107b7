// The runtimes in which gates are run: each starts a program and tells when it
// answers requests.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";

const installed = (path) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

/** The command lines of the runtimes that run a file. */
export const commands = {
  Node: [process.execPath],
  Deno: [installed("@deno/linux-x64-glibc/deno"), "run", "--allow-net", "--allow-env", "--allow-read", "--no-remote", "--node-modules-dir=manual"],
  Bun: [installed("@oven/bun-linux-x64/bin/bun")],
};

/** Ports that were given out. They are below those that connections begin at, one of which may be taken at any time. */
const [lowest, highest] = [12_000, 32_000];
const given = new Set();

/** A port that nobody uses. It has to be known before a gate starts: its URL is in every token. */
export async function freePort() {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port) {
  const server = createServer();
  return new Promise((resolve) => {
    server.on("error", () => resolve(false)).listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/**
 * Starts a command that serves on a port. What it prints is in the error if it
 * does not.
 *
 * @returns {origin, pid, output(), printed(pattern), terminate(), stop()}; printed resolves once
 *   what is printed from now on has the pattern in it
 */
export async function serve([command, ...args], { port, env = {}, cwd }) {
  const child = spawn(command, args, { cwd, env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", PORT: String(port), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "", look = () => {};
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => {
    output += text;
    look();
  });
  const closed = once(child, "close");
  const end = async (signal) => {
    child.kill(signal);
    await closed;
  };
  const printed = (pattern) => new Promise((resolve) => {
    output = "";
    look = () => pattern.test(output) && resolve();
  });
  await listening(port, closed.then(() => Promise.reject(new Error(`${command} ${args.join(" ")} ended:\n${output}`))));
  return { origin: `http://127.0.0.1:${port}`, pid: child.pid, output: () => output, printed, terminate: () => end("SIGTERM"), stop: () => end("SIGKILL") };
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
