/** What an adapter is given, and what all of them do. */

import { checkFunction, readOptions, refuse, show } from "../options.js";
import type { ClientPort, ClientSession } from "./port.js";

/** The part of a gate's limits that an adapter uses. */
export interface FrameLimit {
  /** How long a frame of a client may be, in bytes. */
  readonly maxFrame: number;
}

/** The part of a gate that an adapter uses. */
export interface SocketGate {
  /** Whether a URL is that of its websocket. */
  serves(url: string): boolean;
  /** Looks at an opening handshake, and answers where no websocket is opened. */
  admit(request: Request): Response | undefined;
  /** Takes over a websocket that has opened. */
  accept(port: ClientPort): ClientSession;
  /** What is bounded, and how far. */
  readonly limits: FrameLimit;
}

/** Answers what asks for no websocket; undefined stands for a 404. */
export type Handle = (request: Request) => Response | undefined | Promise<Response | undefined>;

/** What is served. */
export interface Served {
  /** Takes the websockets. */
  readonly gate: SocketGate;
  /** Takes all other requests: what `front` returns, or `tokenEndpoint` alone. */
  readonly handle: Handle;
}

/** readServed checks what is served, with the options that an adapter has besides. */
export function readServed<T extends Served>(what: string, options: T, ...others: (keyof T & string)[]): T {
  const read = readOptions(what, options, ["gate", "handle", ...others]);
  const { gate, handle } = read;
  if (typeof gate?.accept !== "function") refuse(`${what}: gate is ${show(gate)}, what bindGate returns is due`);
  if (checkFunction(`${what}: handle`, handle) === undefined) refuse(`${what}: handle is missing: a function that answers requests is due`);
  return read;
}

/** respond answers a request, or returns undefined where its websocket is to be opened. */
export function respond({ gate, handle }: Served, request: Request): Response | Promise<Response> | undefined {
  return gate.serves(request.url) ? gate.admit(request) : answer(handle, request);
}

async function answer(handle: Handle, request: Request): Promise<Response> {
  try {
    return (await handle(request)) ?? new Response(null, { status: 404 });
  } catch {
    // Its message may quote what the caller sent.
    return new Response(null, { status: 500 });
  }
}

/** malformed answers what is no HTTP request, or no opening handshake, for the runtime. */
export function malformed(): Response {
  return new Response(null, { status: 400 });
}

/** quietly does what fails once the connection is over. */
export function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // What cannot be sent is lost, and the session is told that it is over.
  }
}
