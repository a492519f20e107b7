// The commands in an example's README, and how they are run:
//
//   ```sh            to their end, one block after the other
//   ```sh serve      until the test is over
//   ```console       what stands behind $ is typed; the other lines are what it
//                    prints, … is any text, and ^C is typed when they are there
//   ```sh install    what npm is to install has to be in package.json
//   ```sh deploy     not at all: it needs an account
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { compare } from "../readme.mjs";

const shell = (text) => ["bash", ["-euo", "pipefail", "-c", text]];

/** Runs a block to its end. */
export async function runBlock(text, options) {
  const [command, args] = shell(text);
  await promisify(execFile)(command, args, options);
}

/** Starts a block: {printed(), stop()}. What it starts ends with it. */
export function start(text, options) {
  const [command, args] = shell(text);
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (printed += text));
  return {
    printed: () => printed,
    closed,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
      await closed;
    },
  };
}

/** The commands of a console block: [{command, lines, interrupted}]. */
export function commandsIn(text) {
  const commands = [];
  for (const line of text.trimEnd().split("\n")) {
    const current = commands.at(-1);
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), lines: [], interrupted: false });
    else if (line === "^C") current.interrupted = true;
    else current.lines.push(line);
  }
  return commands;
}

/** Types a command and holds what it prints to what is announced. */
export async function type({ command, lines, interrupted }, options) {
  const [shellCommand, args] = shell(command);
  const child = spawn(shellCommand, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  let printed = "", complaints = "";
  const seen = () => printed.split("\n").filter((line) => line !== "");
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
  child.stdout.setEncoding("utf8").on("data", (text) => {
    printed += text;
    if (interrupted && printed.endsWith("\n") && seen().length >= lines.length) process.kill(-child.pid, "SIGINT");
  });
  const [code] = await closed;
  if (code !== 0 && !interrupted) throw new Error(`${command}: exit status ${code}\n${complaints}`);
  compare(seen().slice(0, interrupted ? lines.length : undefined), lines);
}
