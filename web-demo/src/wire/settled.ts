// Whether anything is under way between client and server.

import type { MockTenant } from "wsbind/mock";
import { pageClock } from "../clock.ts";
import { giveUp, missing } from "./arrival.ts";

/**
 * When nobody waits any longer: milliseconds of real time, and how often the server
 * must have answered something else since anything happened. Where the machine is
 * busy, those answers take longer, too.
 */
const PATIENCE = 1_000;
const ANSWERS = 30;

/** Looks after which nobody waits even where something happens all the time, and milliseconds between two. */
const LOOKS = 1_000;
const PAUSE = 4;

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

/** What had happened, and when by the page's clock, when all was at rest: the server need not be asked again. */
let rested = { happened: -1, at: NaN };

/**
 * Resolves when no request, opening handshake or bind waits for its answer, all that
 * the server sent has come, and nothing came between two looks. What the server keeps
 * back although it answers everything else is not waited for, nor waited for again.
 */
export async function settled(tenant: Pick<MockTenant, "state">): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (let looks = 0, answers = 0; looks < LOOKS && (answers < ANSWERS || performance.now() < end); looks++) {
    const before = happened;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (happened !== before) {
      answers = 0;
      continue;
    }
    const at = pageClock.now();
    if (rested.happened === happened && rested.at === at) return;
    const late = await missing(tenant);
    answers++;
    if (underWay > stalled || late > 0 || happened !== before) continue;
    rested = { happened, at };
    return;
  }
  stalled = underWay;
  giveUp();
}
