// The parent's side of medplum-client.mjs: commands in, reports out.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { queue } from "./sockets.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const packages = {
  4: ["medplum-core-4", process.execPath],
  5: ["medplum-core-5", at("node_modules/node24/bin/node")],
};
export const versions = Object.keys(packages);

const PATIENCE = 20_000; // milliseconds; heartbeats come every ten seconds
const PING = 5_000; // how often the client pings

// startMedplum returns a client that is signed in. Its next(on, type) yields the
// events of the emitter of a criteria or "master", and of the wire: "wire socket",
// "sent TYPE" and "received TYPE".
export async function startMedplum(version, base) {
  const [name, execPath] = packages[version];
  const child = fork(at("medplum-client.mjs"), [name, `${base}/`], {
    execPath,
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => { log += chunk; });
  const reports = new Map();
  const reported = (on, type) => {
    const key = `${on} ${type}`;
    if (!reports.has(key)) reports.set(key, queue());
    return reports.get(key);
  };
  const answers = new Map();
  child.on("message", ({ number, result, failure, on, type, detail }) => {
    if (!number) return reported(on, type).put(detail);
    const [resolve, reject] = answers.get(number);
    answers.delete(number);
    if (failure) reject(new Error(failure));
    else resolve(result);
  });

  const patiently = async (what, promise) => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`medplum ${version}: no ${what} within ${PATIENCE} ms; ${log}`)), PATIENCE);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  };
  const next = (on, type) => patiently(`${on} ${type}`, reported(on, type).next());
  const pending = (on, type) => reported(on, type).pending();
  let number = 0;
  const tell = (command, ...args) => patiently(`answer to ${command}`, new Promise((resolve, reject) => {
    answers.set(++number, [resolve, reject]);
    child.send({ number, command, args });
  }));

  const client = {
    tell,
    next,
    pending,
    // subscribe returns the id of the Subscription that is then bound.
    async subscribe(criteria) {
      await tell("subscribe", criteria);
      return (await next(criteria, "connect")).subscriptionId;
    },
    // ping has the client ping. A pong says that the server has handled every
    // frame before it, and that the client has handled every one from the server.
    async ping() {
      await tell("tick", PING);
      await next("sent", "ping");
      await next("received", "pong");
    },
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
  await next("client", "ready");
  return client;
}
