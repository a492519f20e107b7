/** The websocket on which a Durable Object tells of revocations. */

import { Listening } from "./listening.js";
import { readRecord } from "./record.js";
import type { Remote } from "./remote.js";
import type { RevocationRecord } from "./store.js";

/** What is used of the websocket in an answer of workerd's. */
export interface DurableSocket {
  /** Lets frames in: none is told before. */
  accept(): void;
  /** Sends a text frame. */
  send(text: string): void;
  /** Says goodbye. */
  close(code?: number, reason?: string): void;
  /** Adds a listener; a `message` has its text in `data`. */
  addEventListener(type: "message" | "close" | "error", listener: (event: any) => void): void;
}

/** What is sent to see whether the object is there, and what the runtime answers for it without waking it. */
export const ping = "ping";
export const pong = "pong";

/** Tells of revocations until the signal is aborted. `lost` is called once, when the socket ends or falls silent. */
export function durableWatch(remote: Remote, socket: DurableSocket, tell: (record: RevocationRecord) => void, lost: (err: unknown) => void, signal: AbortSignal): void {
  socket.accept();
  let answered = (): void => {};
  const check = (): Promise<void> => new Promise((resolve) => {
    answered = resolve;
    socket.send(ping);
  });
  const watch = new Listening(remote, { check, close: () => socket.close(1000, ""), lost, signal });
  socket.addEventListener("message", ({ data }: { data: unknown }) => {
    if (data === pong) return answered();
    if (watch.over) return;
    try {
      tell(readRecord(String(data)));
    } catch (err) {
      watch.fail(err);
    }
  });
  socket.addEventListener("close", () => watch.fail(remote.failed("the websocket has ended")));
  socket.addEventListener("error", () => watch.fail(remote.failed("the websocket has failed")));
}
