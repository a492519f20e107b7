// Engines behind stores, as processes of their own on loopback.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Group } from "../group.mjs";
import { freePort } from "../ports.mjs";

const natsServer = process.env.NATS_SERVER_BIN ?? fileURLToPath(new URL("../../../../../bin/nats-server", import.meta.url));

/** Whether all threads of a process have stopped, by the T in Linux's list of them. */
async function stopped(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "latin1")));
  return states.every((state) => /\) T /.test(state));
}

/** Starts a program, and resolves when it says that it is ready. */
async function launch([program, ...args], word) {
  let output = "";
  const group = await new Promise((resolve, reject) => {
    const group = new Group([program, ...args], { heard(text) {
      output += text;
      if (output.includes(word)) resolve(group);
    } });
    group.closed.then(
      () => reject(new Error(`${program} ended:\n${output}`)),
      (err) => reject(new Error(`${program} does not run: make tools bin/nats-server`, { cause: err })),
    );
  });
  group.hold(false);
  return group;
}

/** An engine that can be killed and brought back with what it had on disk, or frozen: then it says nothing. */
async function engine(program, word, argsFor) {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-store-"));
  const port = await freePort();
  const start = () => launch([program, ...argsFor(folder, port)], word);
  let group = await start();
  return {
    port,
    kill: () => group.end(),
    resume: async () => void (group = await start()),
    async freeze() {
      group.signal("SIGSTOP");
      while (!(await stopped(group.pid))); // the signal takes its time
    },
    thaw: () => group.signal("SIGCONT"),
    async close() {
      await group.end();
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
