// Server-sent events, as far as the management interface writes them.

import { WsbindError } from "../error.js";
import { Lines } from "./lines.js";

/** An event of a stream. */
export interface ServerEvent {
  /** Its type. */
  readonly event: string;
  /** Its id, or that of the event before it. */
  readonly id: string;
  readonly data: string;
}

/** A line of an entry has its text, which is bounded, and not much more. */
const LINE = 1 << 20;

/** serverEvents yields the events of a body until it ends or breaks off. */
export async function* serverEvents(response: Response): AsyncGenerator<ServerEvent, void> {
  if (!/^text\/event-stream\b/.test(response.headers.get("Content-Type") ?? "") || !response.body) {
    throw new WsbindError("not-acceptable", "the management interface does not stream its journal: is the binary of another version?");
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const ready: ServerEvent[] = [];
  const lines = new Lines(LINE, reading((event) => ready.push(event)));
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      lines.push(decoder.decode(piece.value, { stream: true }));
      yield* ready.splice(0);
    }
  } finally {
    reader.cancel().catch(() => {}); // it is at its end, or not wanted any more
  }
}

/** reading returns what takes the lines of a stream. An event ends with an empty one. */
function reading(take: (event: ServerEvent) => void): (line: string) => void {
  let id = "";
  let event = "";
  let data: string[] = [];
  return (line) => {
    if (line === "") {
      if (data.length > 0) take({ event: event || "message", id, data: data.join("\n") });
      [event, data] = ["", []];
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id") id = value;
  };
}
