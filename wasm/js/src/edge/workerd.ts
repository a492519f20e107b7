/**
 * The gate on workerd, which is Cloudflare Workers.
 *
 * A Worker must not use in one request what it opened in another. Sockets that share
 * connections to the FHIR server, and one count of events, as they should in the
 * dialects `medplum` and `legacy`, have to be held by one Durable Object:
 * {@link gateObject}. So have those that a revocation is to reach at once. With
 * {@link workerGate} in the Worker itself each has its own.
 *
 * Frames of up to 32 MiB are read before the gate sees them, and what is no UTF-8
 * comes with U+FFFD in its place: it is no bind frame then.
 *
 * @module
 */

import "../runtime/workerd.js";
import { readServed, respond, type Served } from "./adapter.js";
import { acceptStandard, type StandardSocket } from "./standard.js";

export type { FrameLimit, Handle, Served, SocketGate } from "./adapter.js";
export type { ClientPort, ClientSession } from "./port.js";

interface WorkerSocket extends StandardSocket {
  accept(): void;
}

declare const WebSocketPair: new () => { readonly 0: WorkerSocket; readonly 1: WorkerSocket };

/**
 * workerGate returns what a Worker exports as `fetch`.
 *
 * ```ts
 * export default { fetch: workerGate({ gate, handle }) }
 * ```
 */
export function workerGate(options: Served): (request: Request) => Promise<Response> {
  // What one request opened another may not use.
  return serving(readServed("workerGate", options), true);
}

function serving(served: Served, alone: boolean): (request: Request) => Promise<Response> {
  return async (request) => respond(served, request) ?? open((socket) => acceptStandard(served.gate, socket, alone));
}

function open(opened: (socket: WorkerSocket) => void): Response {
  const { 0: webSocket, 1: socket } = new WebSocketPair();
  socket.accept();
  opened(socket);
  // The types of the web know no such answer.
  return new Response(null, { status: 101, webSocket } as ResponseInit);
}

/** What the runtime makes of a class that is bound as a Durable Object. */
export interface GateObject {
  /** Answers a request that was passed on to it, or opens its websocket. */
  fetch(request: Request): Promise<Response>;
}

/** A class that is bound as a Durable Object. */
export interface GateObjectClass<Env, State> {
  /** The runtime makes it. */
  new (state: State, env: Env): GateObject;
}

/**
 * gateObject returns a class to be bound as a Durable Object. Each object makes one
 * gate, of the Worker's bindings and its own state, with its first request.
 *
 * ```ts
 * export const Gate = gateObject((env) => ({ gate: bindGate(…), handle: front(…) }))
 * export default { fetch: (request, env) => env.GATE.get(env.GATE.idFromName("gate")).fetch(request) }
 * ```
 */
export function gateObject<Env, State = unknown>(make: (env: Env, state: State) => Served): GateObjectClass<Env, State> {
  return class implements GateObject {
    readonly #make: () => Served;
    #serve: ((request: Request) => Promise<Response>) | undefined;

    constructor(state: State, env: Env) {
      this.#make = () => make(env, state);
    }

    fetch(request: Request): Promise<Response> {
      this.#serve ??= serving(readServed("gateObject", this.#make()), false);
      return this.#serve(request);
    }
  };
}
