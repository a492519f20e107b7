/** Asks `$events` for what was counted and never came. */

import type { Release } from "../definition.js";
import type { NotificationVerdict } from "../judging.js";
import type { Kit } from "../kit.js";
import type { NotificationEvent, SubscriptionStatus } from "../notification.js";
import { backoff, type Backoff } from "./backoff.js";
import { sleep, type Clock } from "./clock.js";
import { asFailure, refused, type Failure } from "./failure.js";
import { holes, isNumber, type EventRange } from "./gaps.js";
import type { Server } from "./server.js";
import { idOf } from "./urls.js";
import { WsbindError } from "../error.js";

/** Events asked for at a time. Fewer are, if the answer would be too large. */
const pageSize = 100n;

/** Requests for one gap, whatever the server answers. */
const maxPages = 1_000;

/** How often an answer is asked for that may only be bad luck: for about a minute, while what came later waits. */
const maxTries = 8;

/** What filling needs. */
export interface FillConfig {
  readonly kit: Kit;
  readonly fhir: Release;
  readonly server: Server;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
  /** Events of one gap that are asked for; the older ones are missed. */
  readonly maxFill: bigint;
  /** Whether a Bundle may be handed over, as it was judged. */
  tolerates(verdict: NotificationVerdict, text: string): boolean;
}

/** A part of a gap. */
export interface FilledPage {
  readonly status: SubscriptionStatus;
  readonly events: readonly NotificationEvent[];
  readonly verdict: NotificationVerdict;
  readonly text: string;
  /** What is missing before its last event, in the order of numbers. */
  readonly missed: readonly EventRange[];
}

/**
 * Hands the events of a gap to `deliver`, page by page and in order, and returns
 * what is missing after the last of them. `why` is told each reason for a miss.
 */
export async function fill(
  config: FillConfig, id: string, gap: EventRange,
  deliver: (page: FilledPage) => Promise<void>, why: (range: EventRange, reason: WsbindError) => void,
): Promise<EventRange[]> {
  let missed: EventRange[] = [];
  const miss = (range: EventRange, reason: string, cause?: WsbindError): void => {
    missed.push(range);
    why(range, new WsbindError("missed-events", `events ${range.from} to ${range.to} of Subscription ${id} are missed: ${reason}`, { cause }));
  };
  let from = gap.from;
  if (gap.to - from >= config.maxFill) {
    from = gap.to - config.maxFill + 1n;
    miss({ from: gap.from, to: from - 1n }, `of ${gap.to - gap.from + 1n} only the latest ${config.maxFill} are asked for`);
  }
  let size = pageSize;
  for (let asked = 0; from <= gap.to && !config.signal.aborted; asked++) {
    const to = from + size - 1n < gap.to ? from + size - 1n : gap.to;
    if (asked >= maxPages) {
      miss({ from, to: gap.to }, `${maxPages} requests were not enough`);
      break;
    }
    const answer = await ask(config, id, { from, to });
    if (answer.failure) {
      if (config.signal.aborted) break;
      if (answer.failure.reason.code === "too-large" && size > 1n) {
        size /= 2n;
        continue;
      }
      // A page that is no good says nothing about the next one.
      const rest = answer.failure.prospect === "refused" ? to : gap.to;
      miss({ from, to: rest }, answer.failure.reason.message, answer.failure.reason);
      from = rest + 1n;
      continue;
    }
    const { page } = answer;
    const numbers = page.events.map((e) => e.eventNumber!);
    if (numbers.length === 0) {
      miss({ from, to }, "the server does not have them");
      from = to + 1n;
      continue;
    }
    for (const hole of holes(from, numbers)) miss(hole, "the server left them out");
    await deliver({ ...page, missed });
    missed = [];
    from = numbers.at(-1)! + 1n;
  }
  return missed;
}

type Answer =
  | { readonly failure: Failure; readonly page?: undefined }
  | { readonly failure?: undefined; readonly page: Omit<FilledPage, "missed"> };

/** Asks for a page, again and again where that may help. */
async function ask(config: FillConfig, id: string, range: EventRange): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return { page: readPage(config, id, range, await config.server.events(config.fhir, id, range)) };
    } catch (err) {
      const failure = asFailure(err);
      if (failure.prospect !== "passing" || tries >= maxTries || config.signal.aborted) return { failure };
      await sleep(config.clock, Math.max(backoff(config.backoff, tries - 1, config.random()), failure.after), config.signal);
    }
  }
}

/** Reads the events of a page that were asked for; a server may send others as well. */
function readPage(config: FillConfig, id: string, range: EventRange, answer: Uint8Array): Omit<FilledPage, "missed"> {
  const verdict = config.kit.readNotification(answer, { fhir: config.fhir });
  const text = new TextDecoder().decode(answer);
  const status = verdict.notification?.statuses.find((s) => idOf(s.subscription) === id);
  if (!status || !config.tolerates(verdict, text)) {
    const first = verdict.issues.find((i) => i.severity === "fatal" || i.severity === "error");
    throw refused(first?.code ?? "not-a-notification",
      `the answer to $events cannot be used: ${first?.diagnostics ?? "it has no status of this Subscription"}`, { issues: verdict.issues });
  }
  const events = status.events.filter(({ eventNumber: n }) => isNumber(n) && n >= range.from && n <= range.to);
  return { status, verdict, text, events: ordered(events) };
}

/** Sorts events by their numbers, and keeps the first of each; those without one come last. */
export function ordered(events: readonly NotificationEvent[]): NotificationEvent[] {
  const seen = new Set<bigint>();
  const numbered = events.filter(({ eventNumber: n }) => isNumber(n) && !seen.has(n) && seen.add(n));
  numbered.sort((a, b) => (a.eventNumber! < b.eventNumber! ? -1 : 1));
  return [...numbered, ...events.filter(({ eventNumber: n }) => !isNumber(n))];
}
