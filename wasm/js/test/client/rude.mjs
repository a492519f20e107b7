// A server whose sockets end in every way that a network knows: each connection
// in another one, and the last is good. Everything is written as raw bytes.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { notification } from "./bundles.mjs";

/** A frame of the server: its opcode, what it carries, and its first byte's upper half. */
function frame(opcode, data = "", bits = 0x80) {
  const bytes = Buffer.from(data);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from([bits | opcode, ...length]), bytes]);
}

/** The opcodes of a client's frames: short ones, each with four bytes of mask. */
function opcodes(data) {
  const list = [];
  for (let at = 0; at < data.length; at += 6 + (data[at + 1] & 127)) list.push(data[at] & 15);
  return list;
}

const [continuation, text, binary, close, ping] = [0, 1, 2, 8, 9];
const goodbye = (code, reason) => frame(close, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));

/** What may happen before there is a websocket; each takes the connection. */
const unopened = {
  "401": (connection) => connection.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
  "503": (connection) => connection.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
  "no answer": (connection) => connection.destroy(),
  "garbage": (connection) => connection.end("hello\r\n\r\n"),
};

/** What may happen instead of a handshake notification, which is given. */
const unbound = {
  "a close of one's own": (connection) => connection.end(goodbye(4000, "whatever")),
  "a close without a code": (connection) => connection.end(frame(close)),
  "no close": (connection) => connection.destroy(),
  "bytes that are no UTF-8": (connection) => connection.write(frame(text, Buffer.from([0xff, 0xfe, 0xc0]))),
  "reserved bits": (connection) => connection.write(frame(text, "x", 0xf0)),
  "a length beyond all bounds": (connection) => connection.write(Buffer.from([0x81, 127, 0x40, 0, 0, 0, 0, 0, 0, 0])),
  "a binary frame, and no close": (connection, handshake) => connection.end(Buffer.concat([frame(binary, "x"), frame(text, handshake)])),
  "half a frame": (connection, handshake) => connection.end(frame(text, handshake).subarray(0, 40)),
};

/**
 * Starts it. In the end it has had four events of Subscription s1, the last of
 * which it tells, twice.
 *
 * @returns {base, seen, ways, close}; `seen` lists the ways of the connections that came
 */
export async function rude() {
  const seen = [];
  const open = new Set();
  const ways = [...Object.keys(unopened), ...Object.keys(unbound), "good"];
  let base;
  const bundle = (type, count, events) => notification({ fhir: "R5", base, id: "s1", type, count, events });

  const answers = {
    "$get-ws-binding-token": () => ({
      resourceType: "Parameters",
      parameter: [
        { name: "token", valueString: "secret.of.tokens" }, { name: "expiration", valueDateTime: new Date(Date.now() + 300_000).toISOString() },
        { name: "subscription", valueString: "s1" }, { name: "websocket-url", valueUrl: `${base.replace("http", "ws")}/ws?secret` },
      ],
    }),
    "$events": () => bundle("query-event", 3, [1, 2, 3]),
    "s1": () => ({ resourceType: "Subscription", id: "s1", status: "active" }),
  };
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.setHeader("Content-Type", "application/fhir+json").end(JSON.stringify(answers[request.url.split("/").at(-1)]())));
  });

  server.on("upgrade", (request, connection) => {
    const way = ways[Math.min(seen.length, ways.length - 1)];
    seen.push(way);
    open.add(connection.setNoDelay(true).on("error", () => {}));
    if (way in unopened) return unopened[way](connection);
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    connection.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    const handshake = JSON.stringify(bundle("handshake", 3));
    connection.once("data", () => (way in unbound ? unbound[way](connection, handshake) : good(connection, handshake)));
  });

  /** In pieces of frames, with a ping between them, and frames in pieces. */
  function good(connection, handshake) {
    for (const other of open) if (other !== connection) other.destroy();
    const event = frame(text, JSON.stringify(bundle("event-notification", 4, [4])));
    const bytes = Buffer.concat([
      frame(text, handshake.slice(0, 100), 0), frame(ping, "?"), frame(continuation, handshake.slice(100, 101), 0), frame(continuation, handshake.slice(101)), event, event,
    ]);
    for (let at = 0; at < bytes.length; at += 50) connection.write(bytes.subarray(at, at + 50));
    connection.on("data", (data) => opcodes(data).includes(close) && connection.end(goodbye(1000, "")));
  }

  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}`;
  return { base, seen, ways, close: () => { for (const connection of open) connection.destroy(); server.close(); server.closeAllConnections(); } };
}
