/** Sockets of the web's own shape, which Deno and workerd have on a server, too. */

import { quietly, type SocketGate } from "./adapter.js";
import type { ClientPort, ClientSession } from "./port.js";

/** The part of a WebSocket that is used. */
export interface StandardSocket {
  readonly bufferedAmount?: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "open" | "close" | "error", listener: (event: { readonly code?: number }) => void): void;
}

/** acceptStandard hands an open socket to a gate; `alone` is that of its port. */
export function acceptStandard(gate: SocketGate, socket: StandardSocket, alone = false): void {
  let session: ClientSession | undefined;
  const closed = ({ code }: { readonly code?: number }): void => {
    session?.closed();
    session = undefined;
    // In workerd a goodbye is answered by whoever was told it. Most codes are not for an application to send.
    quietly(() => (code === 1000 ? socket.close(code) : socket.close()));
  };
  session = gate.accept(new StandardPort(socket, alone));
  socket.addEventListener("message", ({ data }) => session?.frame(typeof data === "string" ? data : null));
  socket.addEventListener("close", closed);
  // A close event should follow, and does not always.
  socket.addEventListener("error", closed);
}

class StandardPort implements ClientPort {
  readonly alone: boolean;
  readonly #socket: StandardSocket;

  constructor(socket: StandardSocket, alone: boolean) {
    this.alone = alone;
    this.#socket = socket;
  }

  send(text: string): void {
    quietly(() => this.#socket.send(text));
  }

  close(code: number, reason: string): void {
    quietly(() => this.#socket.close(code, reason));
  }

  get buffered(): number | undefined {
    return this.#socket.bufferedAmount;
  }
}
