/**
 * The gate on Bun.
 *
 * Bun tells how much waits for a reader, refuses frames that are too long or no
 * UTF-8 by itself, and drops whoever answers no ping for two minutes.
 *
 * @module
 */

import "../runtime/node.js";
import { malformed, quietly, readServed, respond, type Served } from "./adapter.js";
import type { ClientPort, ClientSession } from "./port.js";

export type { FrameLimit, Handle, Served, SocketGate } from "./adapter.js";
export type { ClientPort, ClientSession } from "./port.js";

/** What belongs to a websocket of Bun. */
export interface BunSocketData {
  /** The gate's side of it, while it is open. */
  session?: ClientSession | undefined;
}

/** The part of Bun's ServerWebSocket that is used. */
export interface BunSocket {
  /** What was given to `upgrade`. */
  readonly data: BunSocketData;
  /** Sends a text frame. */
  send(text: string): number;
  /** Says goodbye. */
  close(code?: number, reason?: string): void;
  /** Cuts the connection. */
  terminate(): void;
  /** How many bytes wait to be sent. */
  getBufferedAmount(): number;
}

/** The part of Bun's Server that is used. */
export interface BunServer {
  /** Opens a websocket, or returns false for a request that is no opening handshake. */
  upgrade(request: Request, options: { data: BunSocketData }): boolean;
}

/** Options of `Bun.serve`. */
export interface BunGate {
  /** Answers requests, and opens websockets. */
  readonly fetch: (request: Request, server: BunServer) => Promise<Response | undefined>;
  /** Serves the websockets. */
  readonly websocket: BunWebsockets;
}

/** Options of `Bun.serve` for websockets. */
export interface BunWebsockets {
  /** A websocket has opened. */
  readonly open: (socket: BunSocket) => void;
  /** A frame came: a string, or bytes. */
  readonly message: (socket: BunSocket, frame: unknown) => void;
  /** A websocket has ended. */
  readonly close: (socket: BunSocket) => void;
  /** How long a frame may be, in bytes. */
  readonly maxPayloadLength: number;
  /** How many bytes may wait for a reader, far beyond the gate's own limit. */
  readonly backpressureLimit: number;
  /** True: beyond it the connection is cut, and no frame lost without a word. */
  readonly closeOnBackpressureLimit: boolean;
  /** False: frames that are inflated could be of any length. */
  readonly perMessageDeflate: boolean;
}

/** Beyond it Bun loses frames without a word: the gate's own limit is reached long before. */
const backpressureLimit = 64 * 2 ** 20;

/**
 * bunGate returns options of `Bun.serve`.
 *
 * ```ts
 * Bun.serve({ port: 8090, ...bunGate({ gate, handle }) })
 * ```
 */
export function bunGate(options: Served): BunGate {
  const served = readServed("bunGate", options);
  const { gate } = served;
  return {
    async fetch(request, server) {
      const response = respond(served, request);
      if (response !== undefined) return response;
      // Bun would take up the first subprotocol that is offered.
      request.headers.delete("sec-websocket-protocol");
      return server.upgrade(request, { data: {} }) ? undefined : malformed();
    },
    websocket: {
      open(socket) {
        socket.data.session = gate.accept(new BunPort(socket));
      },
      message(socket, frame) {
        socket.data.session?.frame(typeof frame === "string" ? frame : null);
      },
      close(socket) {
        socket.data.session?.closed();
        socket.data.session = undefined;
      },
      maxPayloadLength: gate.limits.maxFrame,
      backpressureLimit,
      closeOnBackpressureLimit: true,
      perMessageDeflate: false,
    },
  };
}

class BunPort implements ClientPort {
  readonly #socket: BunSocket;

  constructor(socket: BunSocket) {
    this.#socket = socket;
  }

  send(text: string): void {
    quietly(() => this.#socket.send(text));
  }

  close(code: number, reason: string): void {
    quietly(() => this.#socket.close(code, reason));
  }

  terminate(): void {
    quietly(() => this.#socket.terminate());
  }

  get buffered(): number {
    return this.#socket.getBufferedAmount();
  }
}
