// The journal of the world, followed while it is there. Nothing here asks twice:
// the server sends what happens as it happens.

import { effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import type { WsbindError } from "wsbind";
import type { Entry, MockTenant } from "wsbind/mock";
import { asError } from "../engine.ts";
import { append, type Happening } from "./happenings.ts";
import { off, tenant } from "./tenant.ts";

/** Whether the journal is followed. */
export type Following =
  | { readonly state: "not" }
  | { readonly state: "following"; readonly missed: number }
  | { readonly state: "failed"; readonly error: WsbindError };

/** How many entries are kept. */
const KEPT = 1_000;

/** Milliseconds within which entries become one change of the page. */
const GATHER = 50;

const kept = signal<readonly Happening[]>([]);
const current = signal<Following>({ state: "not" });
const listeners = new Set<(entries: readonly Happening[]) => void>();
let fresh: Happening[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let stop: AbortController | undefined;
let begun = false;

/** The latest entries, oldest first. */
export const entries: ReadonlySignal<readonly Happening[]> = kept;

/** Whether more are on their way. */
export const following: ReadonlySignal<Following> = current;

/** Follows the journal of whichever world there is, from now on. */
export function followJournal(): void {
  if (begun) return;
  begun = true;
  effect(() => restart(tenant.value));
  effect(() => {
    if (off.value === null && current.peek().state === "failed") untracked(followAgain); // the server is back
  });
}

/** Follows it again after that failed. */
export function followAgain(): void {
  restart(tenant.peek());
}

/** Tells what is added, until the function that is returned is called. */
export function onEntries(listener: (entries: readonly Happening[]) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function restart(followed: MockTenant | null): void {
  stop?.abort();
  clearTimeout(timer);
  timer = undefined;
  fresh = [];
  kept.value = [];
  current.value = { state: "not" };
  if (followed === null) return;
  stop = new AbortController();
  void follow(followed, stop.signal);
}

async function follow({ journal }: MockTenant, signal: AbortSignal): Promise<void> {
  current.value = { state: "following", missed: 0 };
  try {
    for await (const entry of journal.follow({ limit: KEPT }, { signal, onMissed })) {
      if (signal.aborted) return;
      add(entry);
    }
  } catch (err) {
    if (!signal.aborted) current.value = { state: "failed", error: asError(err) };
  }
}

function onMissed(missed: number): void {
  const before = current.peek();
  current.value = { state: "following", missed: missed + (before.state === "following" ? before.missed : 0) };
}

function add({ text: _, ...entry }: Entry): void {
  if (fresh.push(entry) >= KEPT) tell();
  else timer ??= setTimeout(tell, GATHER);
}

function tell(): void {
  clearTimeout(timer);
  timer = undefined;
  const added = fresh;
  fresh = [];
  kept.value = append(kept.peek(), added, KEPT);
  for (const listener of listeners) listener(added);
}
