// Vercel's Edge Runtime with the middleware of an example, as its bundler hands it over.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { createHandler, EdgeRuntime } from "edge-runtime";
import { edgeScript, packed } from "../conformance/bundle.mjs";

/** Serves the middleware of a folder, with the settings in its .env: {printed(), closed, stop()}. */
export async function serveEdge(folder, port) {
  const module = new WebAssembly.Module(await readFile(join(packed, "dist/wsbind.wasm")));
  const env = parseEnv(await readFile(join(folder, ".env"), "utf8"));
  const runtime = new EdgeRuntime({
    initialCode: await edgeScript(`
      import middleware from ${JSON.stringify(join(folder, "middleware.js"))};
      addEventListener("fetch", (event) => event.respondWith(middleware(event.request)));`),
    extend: (context) => Object.assign(context, { wasm_wsbind: module, process: { env } }),
  });
  const { handler } = createHandler({ runtime });
  const server = createServer(handler).listen(port, "127.0.0.1").unref();
  const closed = new Promise((resolve) => server.on("close", resolve));
  return {
    printed: () => "",
    closed,
    stop: () => {
      server.ref().close().closeAllConnections();
      return closed;
    },
  };
}
