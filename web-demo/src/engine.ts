// The WebAssembly module that judges everything: whether it is there, how large
// it is, and how long it took the last time.

import { signal, type ReadonlySignal } from "@preact/signals";
import { load, WsbindError, type Description, type Kit } from "wsbind";

/** The module, on its way or at hand. */
export type Engine =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly kit: Kit; readonly description: Description; readonly size: ModuleSize; readonly milliseconds: number }
  | { readonly state: "failed"; readonly error: WsbindError };

/** What the module cost, in bytes; null where the browser does not say. */
export interface ModuleSize {
  /** On the way, compressed. */
  readonly transferred: number | null;
  /** As it is run. */
  readonly bytes: number | null;
}

/** What the engine did last. */
export interface Run {
  /** In words, such as "a response". */
  readonly what: string;
  readonly milliseconds: number;
}

const current = signal<Engine>({ state: "loading" });
const latest = signal<Run | null>(null);

/** The engine. */
export const engine: ReadonlySignal<Engine> = current;

/** What it did last, and how long that took. */
export const lastRun: ReadonlySignal<Run | null> = latest;

/** Loads the module; also after that failed. */
export async function startEngine(): Promise<void> {
  current.value = { state: "loading" };
  const began = performance.now();
  try {
    const kit = await load();
    const milliseconds = performance.now() - began;
    current.value = { state: "ready", kit, description: kit.describe(), size: sizeOfModule(), milliseconds };
  } catch (err) {
    current.value = { state: "failed", error: asError(err) };
  }
}

/** Does something with the engine and notes how long it took. */
export function timed<T>(what: string, work: () => T): T {
  const began = performance.now();
  const result = work();
  latest.value = { what, milliseconds: performance.now() - began };
  return result;
}

/** The same for what takes a while. */
export async function timedLater<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  latest.value = { what, milliseconds: performance.now() - began };
  return result;
}

/** What was thrown, as the error that everything here throws. */
export function asError(err: unknown): WsbindError {
  if (err instanceof WsbindError) return err;
  return new WsbindError("internal", err instanceof Error ? err.message : String(err), { cause: err });
}

/** The browser's own account of the download. */
function sizeOfModule(): ModuleSize {
  const entry = performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".wasm")) as PerformanceResourceTiming | undefined;
  return { transferred: entry?.encodedBodySize || null, bytes: entry?.decodedBodySize || null };
}
