// The messages, the oldest dropped where there are too many.

import { signal, type ReadonlySignal } from "@preact/signals";
import { pageClock } from "../clock.ts";
import type { Message } from "./message.ts";

/** Messages that are kept, and characters of their texts. */
const MESSAGES = 500;
const CHARACTERS = 16_000_000;

const kept = signal<readonly Message[]>([]);
const gone = signal(0);
const listeners = new Set<(message: Message) => void>();
let count = 0;
let characters = 0;

/** The messages, oldest first. */
export const messages: ReadonlySignal<readonly Message[]> = kept;

/** How many older ones are not kept any more. */
export const dropped: ReadonlySignal<number> = gone;

/** Empties the list. */
export function clear(): void {
  kept.value = [];
  gone.value = characters = 0;
}

/** Is told of every message, before the client acts on it. Returns what ends that. */
export function onMessage(listener: (message: Message) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Notes a message, and returns its number. */
export function note(seen: Omit<Message, "id" | "at">): number {
  const message: Message = { ...seen, id: ++count, at: pageClock.now() };
  const list = [...kept.value, message];
  characters += sizeOf(message);
  let first = 0;
  while (list.length - first > MESSAGES || (characters > CHARACTERS && first < list.length - 1)) characters -= sizeOf(list[first++]!);
  kept.value = first === 0 ? list : list.slice(first);
  gone.value += first;
  for (const listener of listeners) listener(message);
  return message.id;
}

function sizeOf({ head, body }: Message): number {
  return head.length + body.length;
}
