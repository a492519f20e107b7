// The mock server as a process: bin/wsbind serve, on ports of its own.
import { fileURLToPath } from "node:url";
import { startMock as start } from "wsbind/mock";

/** What is run. */
export const binary = process.env.WSBIND_BIN ?? fileURLToPath(new URL("../../../bin/wsbind", import.meta.url));

/**
 * Starts a server. It keeps its ports when it is killed and started again, and
 * forgets everything else.
 *
 * @param args flags of wsbind serve
 * @returns {url, management, base(fhir), manage(method, path, body), kill(), restart(), stop()};
 *   manage calls the management interface and returns what it answers, parsed
 */
export async function startMock({ args = [] } = {}) {
  const mock = await start({ binary, args });
  return {
    url: mock.url,
    management: mock.management,
    base: (fhir) => mock.base(fhir),
    manage: (method, path, body) => mock.call(method, path, body),
    kill: () => mock.kill(),
    restart: () => mock.restart(),
    stop: () => mock.close(),
  };
}
