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
 * @param policy the Content-Security-Policy of every answer
 * @param files paths that lie elsewhere: {"/cases.json": file}
 * @param actions what a POST to /NAME does: {NAME: async (body) => result}, both JSON
 * @returns {origin, report, close}; report is a promise of what the page posts
 *   to /report
 */
export async function serve(root, { policy, files = {}, actions = {} }) {
  let reported;
  const report = new Promise((resolve) => (reported = resolve));
  const post = async (name, body) => {
    if (name === "report") return reported(body);
    return actions[name](body === "" ? undefined : JSON.parse(body));
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    response.setHeader("Content-Security-Policy", policy);
    const answering = request.method === "POST"
      ? text(request).then((body) => post(pathname.slice(1), body)).then((result) => response.end(JSON.stringify(result)))
      : file(response, pathname, files[pathname] ?? join(root, normalize(decodeURIComponent(pathname))));
    answering.catch((error) => response.writeHead(500).end(error.stack));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return { origin: `http://127.0.0.1:${server.address().port}`, report, close };
}

async function file(response, pathname, path) {
  if (pathname === "/favicon.ico") return response.writeHead(204).end(); // which no page here has
  const isFile = await stat(path).then((found) => found.isFile(), () => false);
  if (!isFile) return response.writeHead(404).end();
  response.setHeader("Content-Type", types[extname(path)] ?? "application/octet-stream");
  createReadStream(path).pipe(response);
}

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
