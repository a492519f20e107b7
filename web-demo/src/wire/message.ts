// What passes between the client in this page and its server, as a reader sees it.

import type { BindingResponse, Issue, NotificationVerdict } from "wsbind";
import type { Handed } from "../token/handed.ts";
import type { Tone } from "../ui/parts.tsx";

/** Who speaks, and who is spoken to. */
export type Lane = "client" | "server" | "socket";

/** What a message is: REST, the opening handshake of a websocket, its frames and its end. */
export type Kind = "request" | "answer" | "failure" | "opening" | "open" | "frame" | "close";

/** One message, as exactly as a browser lets it be seen. */
export interface Message {
  /** Counts from 1, and goes on when the list is cleared. */
  readonly id: number;
  /** When, by the clock of the page. */
  readonly at: number;
  readonly from: Lane;
  readonly to: Lane;
  readonly kind: Kind;
  /** In a few words, such as "201 Created" or "event 3". */
  readonly title: string;
  readonly tone: Tone;
  /** What stands before the body: request line or status line, and headers. */
  readonly head: string;
  /** The body, or the text of a frame. */
  readonly body: string;
  /** The request that it answers, or the opening handshake. */
  readonly answers?: number | undefined;
  /** Which websocket, counted from 1. */
  readonly connection?: number | undefined;
  /** What the package reads in it, if it is a notification or an answer of $events. */
  readonly verdict?: NotificationVerdict | undefined;
  /** What the package finds wrong with it. */
  readonly issues?: readonly Issue[] | undefined;
  /** What it is for, of REST: `create`, or the name of the operation. */
  readonly call?: string | undefined;
  /** What an answer of $get-ws-binding-token grants. */
  readonly grant?: BindingResponse | undefined;
  /** The binding token in it, and what that should be held against. */
  readonly token?: Handed | undefined;
  /** What cannot be seen of it, and why. */
  readonly hint?: string | undefined;
}

/** The whole text of a message. */
export function textOf({ head, body }: Message): string {
  return head !== "" && body !== "" ? `${head}\n\n${body}` : head + body;
}

/** Whether a message is a heartbeat and nothing else. */
export function isHeartbeat({ verdict }: Message): boolean {
  const statuses = verdict?.notification.statuses ?? [];
  return statuses.length > 0 && statuses.every(({ type, events }) => type === "heartbeat" && events.length === 0);
}
