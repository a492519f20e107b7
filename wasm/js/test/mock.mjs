// The mock server as a process: bin/wsbind serve, on ports of its own.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = process.env.WSBIND_BIN ?? fileURLToPath(new URL("../../../bin/wsbind", import.meta.url));

/** How many seconds a server may take to start. */
const START = 60;

/**
 * Starts a server. It keeps its ports when it is killed and started again, and
 * forgets everything else.
 *
 * @param args flags of wsbind serve
 * @returns {url, base(fhir), manage(method, path, body), kill(), restart(), stop()};
 *   manage calls the management interface and returns what it answers, parsed
 */
export async function startMock({ args = [] } = {}) {
  const [port, managementPort] = await freePorts(2);
  const url = `http://127.0.0.1:${port}`;
  const start = () => serve(["--listen", `127.0.0.1:${port}`, "--management", `127.0.0.1:${managementPort}`, ...args]);
  let stopServer = await start();
  const kill = () => stopServer("SIGKILL");
  return {
    url,
    base: (fhir) => `${url}/fhir/${fhir}`,
    manage: async (method, path, body) => {
      const headers = body === undefined ? {} : { "Content-Type": "application/json" };
      const response = await fetch(`http://127.0.0.1:${managementPort}${path}`, { method, headers, body: body && JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },
    kill,
    restart: async () => {
      await kill();
      stopServer = await start();
    },
    stop: () => stopServer("SIGTERM"),
  };
}

/** Starts the binary and waits for its first line; returns what ends it. */
async function serve(flags) {
  const child = spawn(binary, ["serve", "--json", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((resolve) => child.on("close", resolve));
  let limit;
  const late = new Promise((_, reject) => (limit = setTimeout(reject, START * 1000, new Error(`no line within ${START} seconds`))));
  try {
    await Promise.race([
      new Promise((resolve, reject) => (createInterface({ input: child.stdout }).once("line", resolve), child.on("error", reject))),
      ended.then((code) => Promise.reject(new Error(`it ended with ${code}`))),
      late,
    ]);
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${binary} serve did not start: ${error.message}\n${log}`);
  } finally {
    clearTimeout(limit);
  }
  return async (signal) => {
    child.kill(signal);
    await ended;
  };
}

/** Ports that were free a moment ago. */
async function freePorts(n) {
  const servers = Array.from({ length: n }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
