/** One websocket connection, from its opening to its end. */

import type { Clock } from "./clock.js";
import { Alarm } from "./clock.js";
import { closeFailure } from "./closing.js";
import { Failure, final, passing, shorten } from "./failure.js";
import { place } from "./urls.js";
import { WsbindError } from "../error.js";

/** The part of a WebSocket that is used. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: never) => void): void;
}

/** The constructor of websockets: that of the runtime, or of the package `ws`. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** What a socket tells its owner. */
export interface SocketListener {
  /** A frame came: a text, or null for a binary one. */
  frame(socket: Socket, text: string | null): void;
  /** The connection ended, and not by `close`. */
  ended(socket: Socket, failure: Failure): void;
}

interface MessageLike { readonly data: unknown }
interface CloseLike { readonly code: number; readonly reason: string }
interface ErrorLike { readonly message?: unknown }

/** A connection that is open. */
export class Socket {
  readonly url: string;
  #socket: WebSocketLike;
  #over = false;

  private constructor(url: string, socket: WebSocketLike) {
    this.url = url;
    this.#socket = socket;
  }

  /** Connects, within that many milliseconds. */
  static async open(constructor: WebSocketConstructor, url: string, listener: SocketListener, clock: Clock, timeout: number, signal: AbortSignal): Promise<Socket> {
    const socket = new Socket(url, construct(constructor, url));
    try {
      await socket.#opened(listener, clock, timeout, signal);
      return socket;
    } catch (err) {
      socket.close();
      throw err;
    }
  }

  /** Sends the bind frame, in the guide's first spelling (P§4). */
  bind(token: string): void {
    try {
      this.#socket.send(`bind-with-token ${token}`);
    } catch {
      // What is thrown may quote the frame.
      throw passing("connection-lost", "the bind frame could not be sent: the socket is closed");
    }
  }

  /** Says goodbye; nothing is told to the listener any more. */
  close(): void {
    this.#over = true;
    try {
      this.#socket.close(1000);
    } catch {
      // It was never open, or is closed already.
    }
  }

  async #opened(listener: SocketListener, clock: Clock, timeout: number, signal: AbortSignal): Promise<void> {
    const socket = this.#socket;
    let detail = "";
    let open = false;
    await new Promise<void>((resolve, reject) => {
      const fail = (failure: Failure): void => {
        alarm.stop();
        reject(failure);
        if (open && !this.#over) {
          this.#over = true;
          listener.ended(this, failure);
        }
      };
      const abort = (): void => fail(final("aborted", "the client was closed"));
      const alarm = new Alarm(clock, () => fail(passing("timeout", `the websocket ${place(this.url)} did not open within ${timeout / 1000} s`)));
      alarm.set(timeout);
      signal.addEventListener("abort", abort);
      socket.addEventListener("open", () => {
        alarm.stop();
        signal.removeEventListener("abort", abort);
        open = true;
        resolve();
      });
      socket.addEventListener("message", ({ data }: MessageLike) => {
        if (!this.#over) listener.frame(this, typeof data === "string" ? data : null);
      });
      socket.addEventListener("error", ({ message }: ErrorLike) => {
        detail = typeof message === "string" ? message : "";
      });
      socket.addEventListener("close", ({ code, reason }: CloseLike) => {
        signal.removeEventListener("abort", abort);
        fail(open ? closeFailure(code, reason) : notOpened(this.url, detail));
      });
      if (signal.aborted) abort();
    });
  }
}

function construct(constructor: WebSocketConstructor, url: string): WebSocketLike {
  try {
    return new constructor(url);
  } catch (err) {
    // What it says quotes the URL, in whose query some servers put a token.
    const kind = err instanceof Error ? err.name : "error";
    throw new Failure("refused", new WsbindError("connection-failed", `the websocket ${place(url)} cannot be opened here (${kind})`));
  }
}

/** Browsers never say why a socket did not open. */
function notOpened(url: string, detail: string): Failure {
  const said = shorten(detail.replaceAll(url, place(url)));
  return passing("connection-failed", `the websocket ${place(url)} did not open${said === "" ? "" : `: ${said}`}`);
}
