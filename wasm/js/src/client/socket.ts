/** One websocket connection, from its opening to its end. */

import type { Clock } from "./clock.js";
import { Alarm } from "./clock.js";
import { closeFailure } from "./closing.js";
import { Failure, final, passing, shorten } from "./failure.js";
import { place } from "./urls.js";
import { WsbindError } from "../error.js";

/** The part of an event of a WebSocket that all have. */
export interface WebSocketEvent {
  /** Such as `message`. */
  readonly type: string;
}

/** The part of a WebSocket that is used. */
export interface WebSocketLike {
  /** 1 while it is open. */
  readonly readyState: number;
  /** Sends a text frame. */
  send(text: string): void;
  /** Ends the connection. */
  close(code?: number, reason?: string): void;
  /** Ends it at once, where there is such a method. */
  terminate?(): void;
  /** Listens to the connection. */
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: WebSocketEvent) => void): void;
}

/** The constructor of websockets: that of the runtime, or of the package `ws`. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** What a socket tells its owner. */
export interface SocketListener {
  /** A frame came: a text, or null for a binary one. */
  frame(socket: Socket, text: string | null): void;
  /** The connection ended, and not by `close`; with the code of the goodbye, where there was one. */
  ended(socket: Socket, failure: Failure, code?: number): void;
}

interface MessageLike extends WebSocketEvent { readonly data: unknown }
interface CloseLike extends WebSocketEvent { readonly code?: unknown; readonly reason?: unknown }
interface ErrorLike extends WebSocketEvent { readonly message?: unknown; readonly error?: unknown }

/** What opening a socket needs. */
export interface Opening {
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** A token that is shorter is no secret, and may be a part of any text. */
const shortestSecret = 10;

/** How many tokens are remembered. A client needs two; by steps, any may be bound. */
const maxTokens = 20;

/** How long the other side has for its own goodbye; `ws` would give it 30 s, and the runtimes any time. */
const longestGoodbye = 3_000;

/** The readyState of a socket that has ended. */
const closed = 3;

/** A connection, from the moment it is open. */
export class Socket {
  readonly url: string;
  #socket: WebSocketLike;
  /** Whether it was closed from here, or its end was told: nothing is told after that. */
  #over = false;
  #closing = false;
  #cut: Alarm;
  /** The tokens that went over it last: an old one is good for a while. */
  #tokens: readonly string[] = [];

  private constructor(url: string, socket: WebSocketLike, clock: Clock) {
    this.url = url;
    this.#socket = socket;
    this.#cut = new Alarm(clock, () => this.#socket.terminate?.());
  }

  /** Connects. */
  static async open(url: string, listener: SocketListener, opening: Opening): Promise<Socket> {
    const socket = new Socket(url, construct(opening.WebSocket, url), opening.clock);
    try {
      await socket.#opened(listener, opening);
    } catch (err) {
      socket.close();
      throw err;
    }
    return socket;
  }

  /** Sends the bind frame, in the guide's first spelling (P§4). */
  bind(token: string): void {
    this.send(`bind-with-token ${token}`, token);
  }

  /** Sends a frame. A token in it is named, so that it is never told. */
  send(frame: string, token?: string): void {
    if (token !== undefined) this.#tokens = [...this.#tokens, token].slice(-maxTokens);
    try {
      // Browsers throw no error when a frame is sent over a closed socket: they lose it.
      if (this.#socket.readyState === 1) return this.#socket.send(frame);
    } catch {
      // What is thrown may quote the frame.
    }
    throw passing("connection-lost", "the frame could not be sent: the socket is closed");
  }

  /** Takes out the token where a server quotes it: what it says is told, and logged. */
  mask(text: string): string {
    return this.#tokens.filter((token) => token.length >= shortestSecret).reduce((rest, token) => rest.replaceAll(token, "…"), text);
  }

  /** Says goodbye. Whoever does not answer that is cut off, where the WebSocket can: those of `ws` and Bun. */
  close(): void {
    if (this.#closing) return;
    this.#over = this.#closing = true;
    if (this.#socket.readyState !== closed && typeof this.#socket.terminate === "function") this.#cut.set(longestGoodbye);
    try {
      this.#socket.close(1000);
    } catch {
      // It was never open, or is closed already.
    }
  }

  /** Resolves when the socket is open, and from then on tells the listener. */
  #opened(listener: SocketListener, { clock, timeout, signal }: Opening): Promise<void> {
    return new Promise((resolve, reject) => {
      let open = false;
      const settle = (then: () => void): void => {
        alarm.stop();
        signal.removeEventListener("abort", abort);
        then();
      };
      const abort = (): void => settle(() => reject(final("aborted", "the client was closed")));
      const late = `the websocket ${place(this.url)} did not open within ${timeout / 1000} s`;
      const alarm = new Alarm(clock, () => settle(() => reject(passing("timeout", late))));
      alarm.set(timeout);
      signal.addEventListener("abort", abort);
      this.#socket.addEventListener("open", () => {
        open = true;
        settle(resolve);
      });
      this.#socket.addEventListener("message", (event) => {
        const { data } = event as MessageLike;
        if (!this.#over) listener.frame(this, typeof data === "string" ? data : null);
      });
      // A close event should follow, and does not always: Node 22 dispatches none
      // for a socket that did not open, and ws waits for the server's goodbye.
      this.#socket.addEventListener("error", (event) => {
        const said = this.#described(event);
        if (!open) return settle(() => reject(notOpened(this.url, said)));
        this.#ended(listener, passing("connection-lost", `the connection broke${said}`));
        this.close();
      });
      this.#socket.addEventListener("close", (event) => {
        this.#cut.stop();
        // Not every WebSocket says how it ended: 1006 stands for that (RFC 6455, 7.1.5). Deno's says 0.
        const { code, reason } = event as CloseLike;
        const said = typeof reason === "string" ? this.mask(reason) : "";
        const status = typeof code === "number" && code >= 1000 ? code : 1006;
        if (open) this.#ended(listener, closeFailure(status, said), status);
        else settle(() => reject(notOpened(this.url, "")));
      });
    });
  }

  /**
   * What an error event says, as the end of a sentence: some have a message, some
   * an error, those of browsers nothing. Some quote the URL, with its secrets.
   */
  #described(event: WebSocketEvent): string {
    const { message, error } = event as ErrorLike;
    const said = typeof message === "string" && message !== "" ? message : error instanceof Error ? error.message : "";
    const spellings = [new URL(this.url).href, this.url];
    const clean = spellings.reduce((rest, spelling) => rest.replaceAll(spelling, place(this.url)), this.mask(said));
    return said === "" ? "" : `: ${shorten(clean)}`;
  }

  #ended(listener: SocketListener, failure: Failure, code?: number): void {
    if (this.#over) return;
    this.#over = true;
    listener.ended(this, failure, code);
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

function notOpened(url: string, said: string): Failure {
  return passing("connection-failed", `the websocket ${place(url)} did not open${said}`);
}
