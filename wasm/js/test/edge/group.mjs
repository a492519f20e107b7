// Processes that a test starts, each with whatever it starts itself: npx starts node,
// node starts wrangler, and wrangler workerd.
import { spawn } from "node:child_process";

/** Milliseconds after its leader in which what is left of a group lets go of the pipes. */
const longestEcho = 2_000;

const running = new Set();

/** A command and its children, which end together, and with the test at the latest. */
export class Group {
  #child;

  /**
   * Starts a command.
   *
   * @param heard is told what is printed: the text, and whether it is a complaint
   */
  constructor([command, ...args], { cwd, env, heard }) {
    const child = (this.#child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] }));
    child.stdout.setEncoding("utf8").on("data", (text) => heard(text, false));
    child.stderr.setEncoding("utf8").on("data", (text) => heard(text, true));
    running.add(this);
    child.on("exit", () => this.#outlive());
    /** Resolves with {code, signal} when all of it has ended, and rejects if it never began. */
    this.closed = new Promise((resolve, reject) => {
      child.on("error", reject).on("close", (code, signal) => resolve({ code, signal }));
    }).finally(() => running.delete(this));
    this.closed.catch(() => {});
  }

  get pid() {
    return this.#child.pid;
  }

  /** Sends a signal to all of it. */
  signal(signal) {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // it has just ended
    }
  }

  /** Ends all of it, and resolves when it has. */
  async end(signal = "SIGKILL") {
    this.hold(true);
    if (running.has(this)) this.signal(signal);
    await this.closed;
  }

  /** Whether the test may not end before it. What serves must not keep a test from its end, whatever that is. */
  hold(hold) {
    for (const held of [this.#child, this.#child.stdout, this.#child.stderr]) hold ? held.ref() : held.unref();
  }

  // Who has left the group may have its pipes still.
  #outlive() {
    this.signal("SIGKILL");
    const { stdout, stderr } = this.#child;
    const late = setTimeout(() => [stdout, stderr].forEach((stream) => stream.destroy()), longestEcho);
    this.#child.once("close", () => clearTimeout(late));
  }
}

/** Runs a command to its end, and resolves with what it printed; it rejects if it failed. */
export async function run([command, ...args], options) {
  let printed = "", all = "";
  const group = new Group([command, ...args], { ...options, heard: (text, isComplaint) => {
    all += text;
    if (!isComplaint) printed += text;
  } });
  const { code, signal } = await group.closed;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${signal ?? `exit status ${code}`}\n${all}`);
  return printed;
}

const endAll = () => running.forEach((group) => group.signal("SIGKILL"));

// Without these a test that is told to end leaves behind what it started.
process.on("exit", endAll);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => {
  endAll();
  process.kill(process.pid, signal); // others that listen decide, or it is the end
});
