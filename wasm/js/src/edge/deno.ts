/**
 * The gate on Deno.
 *
 * Deno tells how much waits for a reader, and drops whoever answers no ping for
 * two minutes. It reads frames of up to 64 MiB before the gate sees them.
 *
 * @module
 */

import { malformed, readServed, respond, type Served } from "./adapter.js";
import { acceptStandard, type StandardSocket } from "./standard.js";

export type { FrameLimit, Handle, Served, SocketGate } from "./adapter.js";
export type { ClientPort, ClientSession } from "./port.js";

/** The part of `Deno` that is used. */
interface Upgrading {
  upgradeWebSocket(request: Request, options?: { idleTimeout?: number }): { readonly socket: StandardSocket; readonly response: Response };
}

/** Seconds within which a ping is to be answered. */
const idleTimeout = 120;

/**
 * denoGate returns what `Deno.serve` calls, or `deno serve` as `fetch`.
 *
 * ```ts
 * Deno.serve(denoGate({ gate, handle }))
 * ```
 */
export function denoGate(options: Served): (request: Request) => Promise<Response> {
  const served = readServed("denoGate", options);
  return async (request) => respond(served, request) ?? open(request, (socket) => acceptStandard(served.gate, socket));
}

function open(request: Request, opened: (socket: StandardSocket) => void): Response {
  const { Deno } = globalThis as unknown as { Deno: Upgrading };
  try {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout });
    socket.addEventListener("open", () => opened(socket));
    return response;
  } catch {
    // A header is missing, such as Sec-WebSocket-Key.
    return malformed();
  }
}
