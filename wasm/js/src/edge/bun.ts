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

export type { Handle, Served, SocketGate } from "./adapter.js";
export type { ClientPort, ClientSession } from "./port.js";

/** What belongs to a websocket of Bun. */
export interface BunSocketData {
  session?: ClientSession | undefined;
}

/** The part of Bun's ServerWebSocket that is used. */
export interface BunSocket {
  readonly data: BunSocketData;
  send(text: string): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
  getBufferedAmount(): number;
}

/** The part of Bun's Server that is used. */
export interface BunServer {
  upgrade(request: Request, options: { data: BunSocketData }): boolean;
}

/** Options of `Bun.serve`. */
export interface BunGate {
  readonly fetch: (request: Request, server: BunServer) => Promise<Response | undefined>;
  readonly websocket: {
    readonly open: (socket: BunSocket) => void;
    readonly message: (socket: BunSocket, frame: unknown) => void;
    readonly close: (socket: BunSocket) => void;
    readonly maxPayloadLength: number;
    readonly backpressureLimit: number;
    readonly closeOnBackpressureLimit: boolean;
    readonly perMessageDeflate: boolean;
  };
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
