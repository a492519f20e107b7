// Engines behind stores, as processes of their own on loopback.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const natsServer = process.env.NATS_SERVER_BIN ?? fileURLToPath(new URL("../../../../../bin/nats-server", import.meta.url));

/** A port that is free. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Whether all threads of a process have stopped, by the T in Linux's list of them. */
async function stopped(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "latin1")));
  return states.every((state) => /\) T /.test(state));
}

/** Resolves when a program says that it is ready. */
async function ready(child, program, word) {
  let output = "";
  await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      output += chunk;
      if (output.includes(word)) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", (err) => reject(new Error(`${program} does not run: make tools bin/nats-server`, { cause: err })));
    child.on("exit", () => reject(new Error(`${program} ended:\n${output}`)));
  });
}

/** An engine that can be killed and brought back with what it had on disk, or frozen: then it says nothing. */
async function engine(program, word, argsFor) {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-store-"));
  const port = await freePort();
  let child;
  const start = () => {
    child = spawn(program, argsFor(folder, port), { stdio: ["ignore", "pipe", "pipe"] });
    return ready(child, program, word);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const atExit = () => child.kill("SIGKILL"); // a test that failed may not come to close
  process.on("exit", atExit);
  await start();
  return {
    port,
    kill,
    resume: start,
    async freeze() {
      child.kill("SIGSTOP");
      while (!(await stopped(child.pid))); // the signal takes its time
    },
    thaw: () => child.kill("SIGCONT"),
    async close() {
      process.off("exit", atExit);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a Redis that writes everything to disk at once. */
export const startRedis = () =>
  engine("redis-server", "Ready to accept connections", (folder, port) => ["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""]);

/** Starts a NATS server with JetStream. */
export const startNats = () =>
  engine(natsServer, "Server is ready", (folder, port) => ["--addr", "127.0.0.1", "--port", `${port}`, "--jetstream", "--store_dir", folder]);
