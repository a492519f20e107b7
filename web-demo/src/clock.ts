// The time that the page goes by: the browser's, or the virtual time of its world,
// which stands still until it is advanced.

import { signal, type ReadonlySignal } from "@preact/signals";
import type { ClientClock } from "wsbind";

interface Timer {
  readonly due: number;
  readonly ring: () => void;
}

/** Milliseconds between two looks at the browser's clock. */
const TICK = 250;

/** How many times the clock stops on its way at most: whoever sets a timer at each stop must not hold it up. */
const STOPS = 500;

const shown = signal(Date.now());
const timers = new Set<Timer>();
let virtual: number | null = null;

/** The time, in milliseconds since 1970; the browser's changes a few times a second. */
export const now: ReadonlySignal<number> = shown;

/** The clock that clients in this page are given. */
export const pageClock: ClientClock = {
  now: () => virtual ?? Date.now(),
  setTimeout(callback, milliseconds) {
    if (virtual === null) return setTimeout(callback, milliseconds);
    const timer = { due: virtual + milliseconds, ring: callback };
    timers.add(timer);
    return timer;
  },
  clearTimeout(timer) {
    if (!timers.delete(timer as Timer)) clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** Follows the browser's clock, or stands at a virtual time. Timers of the other clock never ring. */
export function setClock(at: Date | null): void {
  timers.clear();
  virtual = at?.getTime() ?? null;
  shown.value = pageClock.now();
}

/** How the clock is advanced beyond this page. */
export interface Advance {
  /** Moves the server to a time. What is due there has happened when it resolves. */
  moveServer(to: Date): Promise<unknown>;
  /** Resolves when nothing is under way between client and server. */
  settled(): Promise<void>;
}

/**
 * Advances the virtual time. It stops wherever a timer of this page is due, so that
 * a client does what it would have done by then, and the server still finds it at
 * the time it is meant for.
 */
export async function advanceClock(milliseconds: number, { moveServer, settled }: Advance): Promise<void> {
  if (virtual === null) return;
  const end = virtual + milliseconds;
  for (let stop = 0; virtual !== null && virtual < end; stop++) {
    const at: number = stop < STOPS ? Math.max(virtual, Math.min(end, earliest())) : end;
    await moveServer(new Date(at));
    virtual = shown.value = at;
    ring(at);
    await settled();
  }
}

function earliest(): number {
  return Math.min(...Array.from(timers, ({ due }) => due));
}

function ring(at: number): void {
  const due = [...timers].filter((timer) => timer.due <= at).sort((a, b) => a.due - b.due);
  for (const timer of due) if (timers.delete(timer)) timer.ring();
}

setInterval(() => {
  if (virtual === null) shown.value = Date.now();
}, TICK);
