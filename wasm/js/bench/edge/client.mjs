// What is timed: a client of the gate, and one of the plain proxy.
import { createRequire } from "node:module";

const { WebSocket } = createRequire(new URL("../../test/package.json", import.meta.url))("ws");

/** A client that has bound. */
export async function bind(url, frame) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const counter = { due: 1, done: undefined };
  const bound = new Promise((resolve, reject) => {
    counter.done = resolve;
    socket.on("error", reject).on("close", (code, reason) => reject(new Error(`closed: ${code} ${reason}`)));
  });
  bound.catch(() => {});
  socket.on("message", (data) => {
    counter.last = data;
    if (--counter.due === 0) counter.done();
  });
  socket.on("open", () => socket.send(frame));
  await bound;
  const got = counter.last.toString();
  if (got.includes("OperationOutcome")) throw new Error(got);
  return {
    /** Resolves when so many frames have come. */
    frames: (count) => new Promise((resolve) => Object.assign(counter, { due: count, done: resolve })),
    close: () => {
      socket.removeAllListeners("close");
      socket.close();
    },
  };
}

/** Milliseconds of so many clients, one after the other, from their opening handshake to that of their Subscription. */
export async function binds(url, frames) {
  const clients = [];
  const started = performance.now();
  for (const frame of frames) clients.push(await bind(url, frame));
  const took = performance.now() - started;
  for (const client of clients) client.close();
  return took;
}

/** Milliseconds of so many frames, one after the other. */
export async function single(client, server, count) {
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    const come = client.frames(1);
    server.send(1);
    await come;
  }
  return performance.now() - started;
}

/** Milliseconds of so many frames at once. */
export async function burst(client, server, count) {
  const started = performance.now();
  const come = client.frames(count);
  server.send(count);
  await come;
  return performance.now() - started;
}
