// Ports for what tests start.
import { once } from "node:events";
import { createServer } from "node:net";

/** They are below those that connections begin at, one of which may be taken at any time. */
const [lowest, highest] = [12_000, 32_000];

/** Ports at a time: a process that has the first has them all, for others run tests, too. */
const many = 100;

let next = 0, end = 0;

/** A port that nobody uses. It has to be known before a gate starts: its URL is in every token. */
export async function freePort() {
  for (;;) {
    if (next === end) {
      await take();
      continue;
    }
    const port = next++;
    const server = await listen(port);
    if (server === undefined) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

async function take() {
  const first = lowest + many * Math.floor(Math.random() * ((highest - lowest) / many));
  const server = await listen(first);
  if (server === undefined || next !== end) return void server?.close();
  server.unref(); // it is held until the process ends
  [next, end] = [first + 1, first + many];
}

async function listen(port) {
  const server = createServer();
  return new Promise((resolve) => {
    server.on("error", () => resolve(undefined)).listen(port, "127.0.0.1", () => resolve(server));
  });
}
