/**
 * The gate on Node, with the websockets of the package `ws`.
 *
 * They tell how much waits for a reader, and refuse frames that are too long or
 * no UTF-8 by themselves.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import "../runtime/node.js";
import { malformed, quietly, readServed, respond, type Served, type SocketGate } from "./adapter.js";
import { bodyBehind, readHead, readRequest, responseTo, writeResponse } from "./nodehttp.js";
import { checkSeconds } from "./limits.js";
import type { ClientPort } from "./port.js";

export type { FrameLimit, Handle, Served, SocketGate } from "./adapter.js";
export type { ClientPort, ClientSession } from "./port.js";

/** The part of a WebSocket of `ws` that is used. */
export interface NodeSocket {
  /** How many bytes wait to be sent. */
  readonly bufferedAmount: number;
  /** Sends a text frame. */
  send(text: string): void;
  /** Says goodbye. */
  close(code: number, reason: string): void;
  /** Cuts the connection. */
  terminate(): void;
  /** Sends a ping. */
  ping(): void;
  /** Takes frames: a text frame's bytes become text by `toString`. */
  on(event: "message", listener: (data: { toString(): string }, isBinary: boolean) => void): unknown;
  /** Is told of an answered ping, and of the end. */
  on(event: "pong" | "close" | "error", listener: () => void): unknown;
}

/** The part of a WebSocketServer of `ws` that is used. */
export interface NodeSockets {
  /** Answers an opening handshake, and hands over the socket once it is open. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, opened: (socket: NodeSocket) => void): void;
}

/** Options of the WebSocketServer of `ws`. */
export interface NodeSocketsOptions {
  /** The gate's server answers requests. */
  noServer: true;
  /** The gate knows its sockets. */
  clientTracking: false;
  /** Frames that are inflated could be of any length. */
  perMessageDeflate: false;
  /** How long a frame may be, in bytes. */
  maxPayload: number;
  /** An offered subprotocol is ignored. */
  handleProtocols: () => false;
}

/** The WebSocketServer of `ws`. */
export interface NodeSocketsConstructor {
  /** Makes one. */
  new (options: NodeSocketsOptions): NodeSockets;
}

/** What is served, and with which websockets. */
export interface NodeServed extends Served {
  /** That of the package `ws`, from version 8. */
  readonly WebSocketServer: NodeSocketsConstructor;
  /** How often a client is pinged, in seconds, default 60. Who has not answered by the next ping is cut off. */
  readonly pingInterval?: number | undefined;
}

/** The part of an HTTP or HTTPS server that is used. */
export interface NodeServer {
  /** Takes requests. */
  on(event: "request", listener: (request: IncomingMessage, response: ServerResponse) => void): unknown;
  /** Takes requests for another protocol, with what came behind them. */
  on(event: "upgrade", listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown;
}

/**
 * nodeGate answers the requests and takes the websockets of an HTTP server.
 *
 * ```js
 * const server = createServer()
 * nodeGate(server, { WebSocketServer, gate, handle })
 * server.listen(8090)
 * ```
 */
export function nodeGate(server: NodeServer, options: NodeServed): void {
  const { WebSocketServer, pingInterval = 60, ...served } = readServed("nodeGate", options, "WebSocketServer", "pingInterval");
  const pause = checkSeconds("pingInterval", pingInterval) * 1000;
  const { gate } = served;
  const sockets = new WebSocketServer({
    noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: gate.limits.maxFrame, handleProtocols: () => false,
  });
  server.on("request", (message, response) => void serve(served, message, response));
  server.on("upgrade", (message, stream, head) => {
    const socket = stream as Socket;
    // Until ws takes over nobody else listens, and Node would end the process.
    socket.on("error", () => socket.destroy());
    const opening = readHead(message);
    if (opening === undefined || !gate.serves(opening.url)) {
      // Java's HTTP client offers h2c with every request, and means the request.
      return void serve(served, message, responseTo(message, socket), bodyBehind(message, socket, head));
    }
    const refusal = gate.admit(opening);
    if (refusal !== undefined) return void writeResponse(responseTo(message, socket), refusal);
    sockets.handleUpgrade(message, socket, head, (opened) => {
      accept(gate, opened);
      keepAsking(opened, pause);
    });
  });
}

async function serve(served: Served, message: IncomingMessage, to: ServerResponse, body?: Readable): Promise<void> {
  const request = readRequest(message, to, body);
  await writeResponse(to, (request && (await respond(served, request))) ?? malformed());
}

function accept(gate: SocketGate, socket: NodeSocket): void {
  const session = gate.accept(new NodePort(socket));
  socket.on("message", (data, isBinary) => session.frame(isBinary ? null : data.toString()));
  socket.on("close", () => session.closed());
  socket.on("error", () => {}); // close follows
}

/** keepAsking cuts off who answers no ping: a connection that broke without a word is open here for hours. */
function keepAsking(socket: NodeSocket, pause: number): void {
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, pause);
  timer.unref();
  socket.on("pong", () => void (answered = true));
  socket.on("close", () => clearInterval(timer));
}

class NodePort implements ClientPort {
  readonly #socket: NodeSocket;

  constructor(socket: NodeSocket) {
    this.#socket = socket;
  }

  send(text: string): void {
    quietly(() => this.#socket.send(text));
  }

  close(code: number, reason: string): void {
    quietly(() => this.#socket.close(code, reason));
  }

  terminate(): void {
    this.#socket.terminate();
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }
}
