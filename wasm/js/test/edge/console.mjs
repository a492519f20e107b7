// The commands in an example's README, and how they are run:
//
//   ```sh            to their end, one block after the other
//   ```sh serve      until the test is over
//   ```console       what stands behind $ is typed; the other lines are what it
//                    prints, … is any text, and ^C is typed when they are there
//   ```sh install    what npm is to install has to be in package.json
//   ```sh deploy     not at all: it needs an account
import { compare } from "../readme.mjs";
import { Group, run } from "./group.mjs";

const shell = (text) => ["bash", "-euo", "pipefail", "-c", text];

/** Runs a block to its end. */
export const runBlock = (text, options) => run(shell(text), options);

/** Starts a block: {printed(), closed, stop()}. What it starts ends with it. */
export function start(text, options) {
  let printed = "";
  const group = new Group(shell(text), { ...options, heard: (text) => (printed += text) });
  group.hold(false);
  return { printed: () => printed, closed: group.closed, stop: () => group.end() };
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
  let printed = "", complaints = "";
  const seen = () => printed.split("\n").filter((line) => line !== "");
  const group = new Group(shell(command), { ...options, heard(text, isComplaint) {
    if (isComplaint) return void (complaints += text);
    printed += text;
    if (interrupted && printed.endsWith("\n") && seen().length >= lines.length) group.signal("SIGINT");
  } });
  const { code } = await group.closed;
  if (code !== 0 && !interrupted) throw new Error(`${command}: exit status ${code}\n${complaints}`);
  compare(seen().slice(0, interrupted ? lines.length : undefined), lines);
}
