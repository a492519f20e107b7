// A static server on a free port of the loopback interface, for pages that run
// under a Content-Security-Policy.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript",
  ".json": "application/json", ".wasm": "application/wasm",
};

/**
 * Serves a folder.
 *
 * @param root the folder
 * @param policy the Content-Security-Policy
 * @param files paths that lie elsewhere: {"/cases.json": file}
 * @returns {origin, report, close}; report is a promise of what the page posts
 *   to /report
 */
export async function serve(root, policy, files = {}) {
  let reported;
  const report = new Promise((resolve) => (reported = resolve));
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    response.setHeader("Content-Security-Policy", policy);
    if (request.method === "POST" && pathname === "/report") {
      reported(await text(request));
      return response.end();
    }
    if (pathname === "/favicon.ico") return response.writeHead(204).end(); // which no page here has
    const path = files[pathname] ?? join(root, normalize(decodeURIComponent(pathname)));
    const isFile = await stat(path).then((found) => found.isFile(), () => false);
    if (!isFile) return response.writeHead(404).end();
    response.setHeader("Content-Type", types[extname(path)] ?? "application/octet-stream");
    createReadStream(path).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return { origin: `http://127.0.0.1:${server.address().port}`, report, close };
}

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
