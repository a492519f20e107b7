// Whether anything is under way between client and server.

/** Milliseconds of real time after which nobody waits any longer, and between two looks. */
const PATIENCE = 1_000;
const LOOK = 4;

let underWay = 0;
let happened = 0;

/** How many were waited for in vain: some answers are due only when the clock moves on. */
let stalled = 0;

/** Notes that something began which the other side answers. Returns what ends it, once. */
export function begin(): () => void {
  let open = true;
  underWay++;
  happened++;
  return () => {
    if (open) underWay--;
    open = false;
    stalled = Math.min(stalled, underWay);
    happened++;
  };
}

/** Notes that something happened. */
export function touch(): void {
  happened++;
}

/**
 * Resolves when no request, opening handshake or bind waits for its answer, and
 * nothing came between two looks; after a second of real time in any case, and
 * what took longer than that is not waited for again.
 */
export async function settled(): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (let before = happened; performance.now() < end; before = happened) {
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    if (underWay <= stalled && happened === before) return;
  }
  stalled = underWay;
}
