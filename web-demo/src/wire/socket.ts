// Websockets, recorded.

import type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "wsbind";
import type { Place } from "../fhir-base.ts";
import { arrivals, leave } from "./arrival.ts";
import { note } from "./log.ts";
import type { Message } from "./message.ts";
import { readBind, readFrame } from "./reading.ts";
import { begin, touch } from "./settled.ts";

const hints = {
  opening: "The browser adds Upgrade, Connection, Sec-WebSocket-Key and Origin by itself, and shows them to no page.",
  failed: "A browser does not tell a page why a websocket did not open: see what the server says, or its log.",
  1006: "1006 is no code that was sent: the connection ended without a goodbye.",
} as const;

let connections = 0;

type Note = Partial<Message> & Pick<Message, "kind" | "title" | "tone">;

/** Returns a WebSocket that notes its opening, its frames and its end before the caller has them. */
export function recordedWebSocket({ base, fhir }: Place): WebSocketConstructor {
  return class implements WebSocketLike {
    readonly #socket: WebSocket;
    readonly #connection = ++connections;
    readonly #opening: number;
    readonly #opened = begin();
    readonly #arrivals = arrivals();
    /** Ends the wait for the answer to a bind. */
    #answered = (): void => {};
    #open = false;
    #closing = false;

    constructor(url: string) {
      this.#opening = this.#sent({ kind: "opening", title: "open the websocket", tone: "plain", head: `GET ${url}\nUpgrade: websocket`, hint: hints.opening });
      try {
        this.#socket = new WebSocket(url);
      } catch (err) {
        this.#opened();
        leave(this.#arrivals);
        this.#came({ kind: "failure", title: "refused by the browser", tone: "bad", head: String(err), answers: this.#opening });
        throw err;
      }
      this.#socket.addEventListener("open", () => this.#onOpen());
      this.#socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#onFrame(data));
      this.#socket.addEventListener("close", (event) => this.#onClose(event));
    }

    get readyState(): number {
      return this.#socket.readyState;
    }

    send(text: string): void {
      const token = readBind(text);
      this.#sent({
        kind: "frame", title: token === undefined ? "a frame" : "bind-with-token …", tone: "plain", body: text,
        token: token === undefined ? undefined : { token, issuer: base, audience: this.#socket.url },
      });
      if (token !== undefined) this.#waitForBind(token);
      this.#socket.send(text);
    }

    close(code?: number, reason?: string): void {
      if (this.#socket.readyState < WebSocket.CLOSING) {
        this.#closing = true;
        this.#sent({ kind: "close", title: `close ${code ?? ""}`.trimEnd(), tone: "plain", head: `close ${code ?? "without a code"} ${reason ?? ""}`.trimEnd() });
      }
      this.#socket.close(code, reason);
    }

    addEventListener(type: "open" | "message" | "close" | "error", listener: (event: WebSocketEvent) => void): void {
      this.#socket.addEventListener(type, listener);
    }

    #onOpen(): void {
      this.#open = true;
      this.#opened();
      this.#came({ kind: "open", title: "101 open", tone: "good", head: "101 Switching Protocols", answers: this.#opening });
    }

    #onFrame(data: unknown): void {
      touch();
      this.#arrivals.frame();
      if (typeof data !== "string") return void this.#came({ kind: "frame", title: "binary frame", tone: "bad", head: "A binary frame: notifications are text." });
      const { title, tone, verdict } = readFrame(data, fhir);
      const types = verdict?.notification.statuses.map(({ type }) => type) ?? ["handshake"];
      if (types.includes("handshake")) this.#answered();
      this.#came({ kind: "frame", title, tone, body: data, verdict, issues: verdict?.issues });
    }

    #onClose({ code, reason }: CloseEvent): void {
      this.#opened();
      this.#answered();
      leave(this.#arrivals);
      const said = `${code} ${reason}`.trimEnd();
      if (!this.#open) return void this.#came({ kind: "failure", title: "did not open", tone: "bad", head: `closed ${said}`, answers: this.#opening, hint: hints.failed });
      const tone = this.#closing ? "plain" : code === 1000 || code === 1001 ? "warning" : "bad";
      this.#came({ kind: "close", title: `closed ${said}`, tone, head: `close ${said}`, hint: code === 1006 ? hints[1006] : undefined });
    }

    #waitForBind(token: string): void {
      this.#arrivals.bind(token);
      this.#answered();
      this.#answered = begin();
    }

    #sent(seen: Note): number {
      return note({ head: "", body: "", ...seen, from: "client", to: "socket", connection: this.#connection });
    }

    #came(seen: Note): number {
      return note({ head: "", body: "", ...seen, from: "socket", to: "client", connection: this.#connection });
    }
  };
}
