// The mock server as a process: bin/wsbind serve, on ports of its own.
import { spawn } from "node:child_process";
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
  const anyPort = "127.0.0.1:0";
  let server = await serve(anyPort, anyPort, args);
  const { base: url, management } = server.about;
  const kill = () => server.end("SIGKILL");
  return {
    url,
    base: (fhir) => `${url}/fhir/${fhir}`,
    manage: async (method, path, body) => {
      const headers = body === undefined ? {} : { "Content-Type": "application/json" };
      const response = await fetch(management + path, { method, headers, body: body && JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },
    kill,
    restart: async () => {
      await kill();
      server = await serve(new URL(url).host, new URL(management).host, args);
    },
    stop: () => server.end("SIGTERM"),
  };
}

/** Starts the binary: {about, end}, its first line and what ends it. */
async function serve(listen, management, flags) {
  const child = spawn(binary, ["serve", "--json", "--listen", listen, "--management", management, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((resolve) => child.on("close", resolve));
  let limit;
  const late = new Promise((_, reject) => (limit = setTimeout(reject, START * 1000, new Error(`no line within ${START} seconds`))));
  try {
    const line = await Promise.race([
      new Promise((resolve, reject) => (createInterface({ input: child.stdout }).once("line", resolve), child.on("error", reject))),
      ended.then((code) => Promise.reject(new Error(`it ended with ${code}`))),
      late,
    ]);
    return { about: JSON.parse(line), end: (signal) => (child.kill(signal), ended) };
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${binary} serve did not start: ${error.message}\n${log}`);
  } finally {
    clearTimeout(limit);
  }
}
