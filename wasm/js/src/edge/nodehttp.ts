/** Node's HTTP messages as the web's requests and responses. */

import { ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Readable, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";

/** readRequest is the request of a message, undefined where there can be none; it is aborted when the connection breaks. */
export function readRequest(message: IncomingMessage, response: ServerResponse, body: Readable = message): Request | undefined {
  const aborted = new AbortController();
  response.on("close", () => response.writableFinished || aborted.abort());
  const { method } = message;
  const sent = method === "GET" || method === "HEAD" ? {} : { body: Readable.toWeb(body), duplex: "half" };
  return requestOf(message, { ...sent, signal: aborted.signal } as RequestInit);
}

/** readHead is the request of an opening handshake, undefined where there can be none. */
export function readHead(message: IncomingMessage): Request | undefined {
  return requestOf(message, {});
}

function requestOf(message: IncomingMessage, init: RequestInit): Request | undefined {
  const { method = "GET", url = "", headers: { host = "localhost" } } = message;
  const scheme = (message.socket as { encrypted?: boolean }).encrypted === true ? "https" : "http";
  // More than a host and a port would move the path that everything here goes by.
  if (!/^[^\s/?#@\\]+$/.test(host)) return undefined;
  try {
    // A target such as //host/path is a path here, and no other host.
    return new Request(url.startsWith("/") ? `${scheme}://${host}${url}` : url, { ...init, method, headers: headersOf(message) });
  } catch {
    return undefined; // no URL, or a method such as TRACE
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  return headers;
}

/** writeResponse sends a response, as fast as it is read. It never rejects. */
export async function writeResponse(to: ServerResponse, response: Response): Promise<void> {
  try {
    writeHead(to, response);
    if (response.body === null) to.end();
    else await pipeline(Readable.fromWeb(response.body as NodeStream), to);
  } catch {
    to.destroy(); // the caller has gone, or what was to be sent broke off or is no answer
  }
}

function writeHead(to: ServerResponse, { status, headers }: Response): void {
  to.statusCode = status;
  for (const [name, value] of headers) if (name !== "set-cookie") to.setHeader(name, value);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) to.setHeader("set-cookie", cookies);
}

/** responseTo answers an opening handshake with a response, and ends the connection then. */
export function responseTo(message: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(message);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on("finish", () => {
    response.detachSocket(socket);
    socket.destroySoon(); // whoever never ends his half would keep it open
  });
  return response;
}

/** bodyBehind is the body of a request that asks for another protocol: Node leaves it in the socket. One whose length is not told breaks off at once. */
export function bodyBehind({ headers }: IncomingMessage, socket: Duplex, head: Buffer): Readable {
  if (headers["transfer-encoding"] !== undefined) return new Readable({ read() { this.destroy(new Error("chunked")); } });
  return Readable.from(upTo(Number(headers["content-length"] ?? 0), socket, head), { objectMode: false });
}

async function* upTo(length: number, socket: Duplex, head: Buffer): AsyncGenerator<Buffer> {
  let due = length - head.length;
  if (length > 0 && head.length > 0) yield head.subarray(0, length);
  if (due <= 0) return;
  // Ending the loop must not end the socket, over which the answer goes.
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    yield (chunk as Buffer).subarray(0, due);
    if ((due -= (chunk as Buffer).length) <= 0) return;
  }
}
