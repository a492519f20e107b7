// The rows of the sequence diagram: messages, and heartbeats in a row as one.

import { isHeartbeat, type Message } from "../wire/message.ts";

/** One row. */
export type Row =
  | { readonly kind: "message"; readonly key: string; readonly message: Message }
  | { readonly kind: "heartbeats"; readonly key: string; readonly messages: readonly Message[] };

/** Lists the rows. Of heartbeats in a row there are at least two, or they are shown as they are. */
export function rowsOf(messages: readonly Message[], fold: boolean): Row[] {
  const rows: Row[] = [];
  let beats: Message[] = [];
  const flush = (): void => {
    if (beats.length > 1) rows.push({ kind: "heartbeats", key: `h${beats[0]!.id}`, messages: beats });
    else rows.push(...beats.map(rowOf));
    beats = [];
  };
  for (const message of messages) {
    if (fold && isHeartbeat(message)) {
      beats.push(message);
      continue;
    }
    flush();
    rows.push(rowOf(message));
  }
  flush();
  return rows;
}

function rowOf(message: Message): Row {
  return { kind: "message", key: String(message.id), message };
}
