// Other programs: a command that prints something, and a server that is asked.
import { spawn } from "node:child_process";
import { once } from "node:events";

const MINUTES = 15;

/** Runs a command to its end and returns what it printed. */
export async function command([file, ...args], env = {}) {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
  const limit = setTimeout(() => child.kill("SIGKILL"), MINUTES * 60_000);
  const [code, signal] = await once(child, "close");
  clearTimeout(limit);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")}: ${signal ?? `exit status ${code}`} (the limit is ${MINUTES} minutes)\n${output.stderr}`);
  return output.stdout;
}

/**
 * Starts workerd and returns its origin once it listens, and stop.
 *
 * @param binary workerd
 * @param config a file that names one socket, http, at a port of the system's choice
 */
export async function workerd(binary, config) {
  const child = spawn(binary, ["serve", config, "--control-fd=3"], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
  const closed = once(child, "close");
  const stop = async () => {
    child.kill("SIGKILL");
    await closed;
  };
  const limit = setTimeout(stop, 60_000);
  try {
    for await (const line of child.stdio[3].setEncoding("utf8")) {
      const { event, port } = JSON.parse(line.split("\n")[0]);
      if (event === "listen") return { origin: `http://127.0.0.1:${port}`, stop };
    }
  } finally {
    clearTimeout(limit);
  }
  await stop();
  throw new Error(`workerd does not listen within 60 seconds: ${complaints}`);
}
