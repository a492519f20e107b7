// What serves the page in the tests: wsbind itself, and a static host that knows
// nothing of it.
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = process.env.WSBIND_BIN ?? fileURLToPath(new URL("../../bin/wsbind", import.meta.url));
const dist = fileURLToPath(new URL("../dist/", import.meta.url));

const types = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
  ".svg": "image/svg+xml", ".wasm": "application/wasm",
};

/** What the README asks of a static host. */
export const staticPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/**
 * Starts wsbind serve.
 *
 * @returns what its first line says, and stop(), which ends it
 */
export async function startMock({ args = [], listen = "127.0.0.1:0", management = "127.0.0.1:0" } = {}) {
  const child = spawn(binary, ["serve", "--json", "--listen", listen, "--management", management, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    ended.then((code) => reject(new Error(`wsbind serve ended with ${code}`)));
  });
  const stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    await ended;
  };
  return { ...JSON.parse(first), stop };
}

/** Serves the built page as a static host does: under a path of its own, with the policy of the README. */
export async function startStaticHost({ policy = staticPolicy, files = {} } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const name = pathname.replace(/^\/sub\//, "") || "index.html";
    response.setHeader("Content-Security-Policy", policy);
    if (files[name] !== undefined) return response.setHeader("Content-Type", types[extname(name)]).end(files[name]);
    return sendFile(response, join(dist, normalize(name)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return { url: `http://127.0.0.1:${server.address().port}/sub/`, stop };
}

async function sendFile(response, path) {
  const found = await stat(path).then((it) => it.isFile(), () => false);
  if (!found) return response.writeHead(404).end();
  response.setHeader("Content-Type", types[extname(path)] ?? "application/octet-stream");
  createReadStream(path).pipe(response);
}
