// Children end with this process. What cannot be caught is SIGKILL: a server that
// is left behind then ends at the next line of its log, which nobody reads.

import process from "node:process";

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const endings = new Set<() => void>();

/** endWithParent calls end, which must not wait, when this process ends. It returns what calls that off. */
export function endWithParent(end: () => void): () => void {
  if (endings.size === 0) {
    process.on("exit", endAll);
    for (const signal of signals) process.on(signal, onSignal);
  }
  endings.add(end);
  return () => {
    if (endings.delete(end) && endings.size === 0) release();
  };
}

function endAll(): void {
  for (const end of endings) end();
}

function release(): void {
  process.off("exit", endAll);
  for (const signal of signals) process.off(signal, onSignal);
}

/** Others that listen decide whether this process ends. Without them it does, as if nobody listened here. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  release();
  process.kill(process.pid, signal);
}
