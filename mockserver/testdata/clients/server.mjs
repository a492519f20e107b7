// Starts the real binary on free ports and reads where it listens.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export async function startServer(...flags) {
  const binary = process.env.WSBIND_BIN;
  if (!binary) throw new Error("WSBIND_BIN names no binary: run make test-clients, or set it to bin/wsbind");
  const child = spawn(
    binary,
    ["serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--json", ...flags],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (chunk) => { log += chunk; });
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, "line").then(([line]) => line),
    once(child, "exit").then(([code]) => { throw new Error(`wsbind serve ended with ${code}: ${log}`); }),
  ]);
  const { base, management } = JSON.parse(first);
  return {
    base,
    management,
    fhir: (release) => `${base}/fhir/${release}`,
    log: () => log,
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await exited;
      return code;
    },
  };
}

// manage sends the management interface a command and returns its answer.
export async function manage(server, path, body, method = "POST") {
  const response = await fetch(`${server.management}/${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} /${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}
