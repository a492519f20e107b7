// The time that the page goes by: the browser's, or the virtual time of its world,
// which stands still until it is advanced.

import { signal, type ReadonlySignal } from "@preact/signals";
import type { ClientClock } from "wsbind";

interface Timer {
  readonly due: number;
  readonly ring: () => void;
}

/** Milliseconds between two looks at the browser's clock, and between two times that are shown while it is advanced. */
const TICK = 250;
const GLIMPSE = 100;

/** How many times the clock stops on its way at most: whoever sets a timer at each stop must not hold it up. */
const STOPS = 2_000;

const shown = signal(Date.now());
const goal = signal<number | null>(null);
const timers = new Set<Timer>();
let virtual: number | null = null;
let clocks = 0;
let glimpsed = 0;

/** The time, in milliseconds since 1970; the browser's changes a few times a second. */
export const now: ReadonlySignal<number> = shown;

/** Where the clock is on its way to; null while it stands. */
export const target: ReadonlySignal<number | null> = goal;

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
  clocks++;
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
 * the time it is meant for. What the server sent on the way is read before a timer
 * rings that waited for it, a heartbeat for instance.
 */
export async function advanceClock(milliseconds: number, { moveServer, settled }: Advance): Promise<void> {
  if (virtual === null || goal.value !== null) return;
  const end = goal.value = virtual + milliseconds;
  const mine = clocks;
  try {
    for (let stop = 0; mine === clocks && virtual < end; stop++) {
      const at: number = stop < STOPS ? Math.max(virtual, Math.min(end, earliest())) : end;
      virtual = at;
      glimpse();
      await moveServer(new Date(at));
      await settled();
      if (mine === clocks && ring(at)) await settled();
    }
  } finally {
    goal.value = null;
    shown.value = pageClock.now();
  }
}

/** Shows the time now and then: to draw the page anew at each stop would take longer than the stop. */
function glimpse(): void {
  if (performance.now() - glimpsed < GLIMPSE) return;
  glimpsed = performance.now();
  shown.value = pageClock.now();
}

function earliest(): number {
  return Math.min(...Array.from(timers, ({ due }) => due));
}

/** Calls back what is due, and returns whether anything was. */
function ring(at: number): boolean {
  const due = [...timers].filter((timer) => timer.due <= at).sort((a, b) => a.due - b.due);
  for (const timer of due) if (timers.delete(timer)) timer.ring();
  return due.length > 0;
}

/** Shows the browser's time from now on, wherever that is the time. */
export function followTime(): void {
  setInterval(() => {
    if (virtual === null) shown.value = Date.now();
  }, TICK);
}
