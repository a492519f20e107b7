/**
 * Frames on their way to the consumer: one at a time, in the order they came,
 * whatever connection brought them. Only a Subscription with a gap keeps its own
 * waiting until the gap is filled. What waits is bounded; the client closes the
 * connection when there is no more room, and fills the gap once there is.
 */

import type { NotificationVerdict } from "../judging.js";
import type { NotificationEvent, SubscriptionStatus } from "../notification.js";
import type { ReceivedNotification } from "./events.js";
import { fill, ordered, type FillConfig } from "./fill.js";
import { isNumber, type EventRange, type Ledger, type Plan, type Step } from "./gaps.js";
import { idOf } from "./urls.js";
import { Turns } from "./turns.js";
import { WsbindError } from "../error.js";

/** A frame that was read and that the token covers. */
export interface Frame {
  readonly verdict: NotificationVerdict;
  /** The statuses to handle; several where a server merges notifications. */
  readonly statuses: readonly SubscriptionStatus[];
  readonly text: string;
  /** Whether it is the first since the bind, and no other connection could have brought later events meanwhile. */
  readonly alone: boolean;
}

/** What the pipeline needs, and where it leads. */
export interface PipelineConfig {
  readonly ledger: Ledger;
  readonly fill: FillConfig;
  /** How many frames with events may wait, and of which size together in UTF-16 units. */
  readonly maxQueued: number;
  readonly maxQueuedSize: number;
  /** Hands over, and resolves when there is room for the next. `last` is the last event of the Subscription then. */
  deliver(notification: ReceivedNotification, last: bigint | null): Promise<void>;
  missed(subscription: string, range: EventRange, reason: WsbindError): void;
  problem(error: WsbindError, subscription: string | null, text: string | null): void;
}

/**
 * The size of handshakes and heartbeats that may wait. They have a bound of their
 * own: a bind is answered by one for each Subscription, at once, and no consumer
 * is quick enough for that. Were they refused, the next session would fare no better.
 */
const maxBareSize = 16 << 20;

/** A status of a frame that is to be handled. */
interface Item {
  readonly frame: Frame;
  readonly status: SubscriptionStatus;
  readonly id: string;
  /** How many statuses of the frame are not handled yet. */
  readonly left: { count: number };
}

/** Handles frames. */
export class Pipeline {
  #config: PipelineConfig;
  #waiting: Item[] = [];
  /** Of those that wait, how many have events, and how large they are; and how large the others are. */
  #count = 0;
  #size = 0;
  #bareSize = 0;
  #working: Promise<void> | null = null;
  /** The Subscriptions whose gaps are being filled; what else is there of them waits. */
  #held = new Map<string, Promise<void>>();
  #deliveries = new Turns();

  constructor(config: PipelineConfig) {
    this.#config = config;
  }

  /** Takes a frame, unless there is no room. Where no events wait, a frame of any size is taken. */
  offer(frame: Frame): boolean {
    if (!this.#fits(frame)) return false;
    const left = { count: frame.statuses.length };
    for (const status of frame.statuses) this.#waiting.push({ frame, status, id: idOf(status.subscription), left });
    this.#weigh(frame, 1);
    this.#working ??= this.#work();
    return true;
  }

  #fits({ statuses, text }: Frame): boolean {
    const { maxQueued, maxQueuedSize } = this.#config;
    if (isBare(statuses)) return this.#bareSize + text.length <= maxBareSize;
    return this.#count === 0 || (this.#count < maxQueued && this.#size + text.length <= maxQueuedSize);
  }

  #weigh({ statuses, text }: Frame, sign: 1 | -1): void {
    if (isBare(statuses)) {
      this.#bareSize += sign * text.length;
    } else {
      this.#count += sign;
      this.#size += sign * text.length;
    }
  }

  /** Resolves when everything taken was handed over. */
  async idle(): Promise<void> {
    while (this.#working || this.#held.size > 0) await (this.#working ?? this.#held.values().next().value);
  }

  async #work(): Promise<void> {
    await null; // nothing ends before #working is set
    for (let item = this.#next(); item; item = this.#next()) {
      const { id } = item;
      const plan = this.#plan(item);
      const handled = this.#handle(item, plan);
      if (plan.steps.some((step) => "fill" in step)) this.#hold(id, handled);
      else await handled;
    }
    this.#working = null;
  }

  /** Keeps a Subscription's other items waiting, and no other's. */
  #hold(id: string, handled: Promise<void>): void {
    this.#held.set(id, handled.then(() => {
      this.#held.delete(id);
      this.#working ??= this.#work();
    }));
  }

  /** Takes out the first item whose Subscription is not held. */
  #next(): Item | undefined {
    if (this.#config.fill.signal.aborted) return undefined;
    const at = this.#waiting.findIndex(({ id }) => !this.#held.has(id));
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #plan({ id, status, frame }: Item): Plan {
    const plan = this.#config.ledger.plan(id, {
      type: status.type,
      count: status.eventsSinceSubscriptionStart,
      numbers: status.events.map((e) => e.eventNumber),
      alone: frame.alone,
    });
    if (plan.regressed !== null) this.#warn(id, plan.regressed, frame.text);
    return plan;
  }

  /** Does what was planned. It never fails, and the item counts until it was taken: it is in memory. */
  async #handle(item: Item, plan: Plan): Promise<void> {
    const { frame, left } = item;
    try {
      await this.#follow(item, plan);
    } catch (err) {
      const error = err instanceof WsbindError ? err : new WsbindError("internal", "a notification could not be handled", { cause: err });
      this.#config.problem(error, null, frame.text);
    }
    if (--left.count === 0) this.#weigh(frame, -1);
  }

  /** Hands over the news of an item after what should have come first. */
  async #follow({ id, status, frame }: Item, plan: Plan): Promise<void> {
    const { ledger } = this.#config;
    let missed: readonly EventRange[] = [];
    for (const step of plan.steps) {
      if ("fill" in step) {
        missed = [...missed, ...await this.#fill(id, step.fill)];
      } else {
        const last = step === plan.steps.at(-1) ? plan.last : step.deliver.at(-1) ?? null;
        ledger.note(id, last);
        const { text, verdict } = frame;
        await this.#deliver({ id, status, events: chosen(status, step), missed, verdict, text, filled: false }, last);
        missed = [];
      }
    }
    ledger.note(id, plan.last);
  }

  async #fill(id: string, gap: EventRange): Promise<EventRange[]> {
    const { ledger } = this.#config;
    const rest = await fill(this.#config.fill, id, gap, async (page) => {
      const last = page.events.at(-1)!.eventNumber;
      ledger.note(id, last);
      await this.#deliver({ id, filled: true, ...page }, last);
    }, (range, reason) => this.#config.missed(id, range, reason));
    return rest;
  }

  async #deliver({ id, status, events, missed, verdict, text, filled }: {
    id: string; status: SubscriptionStatus; events: readonly NotificationEvent[]; missed: readonly EventRange[];
    verdict: NotificationVerdict; text: string; filled: boolean;
  }, last: bigint | null): Promise<void> {
    const { type, topic, eventsSinceSubscriptionStart, errors } = status;
    const { valid, issues } = verdict;
    await this.#deliveries.take(() => this.#config.deliver({
      type, subscription: id, status: status.status, topic, eventsSinceSubscriptionStart,
      events, missed, filled, errors, valid, issues, text,
    }, last));
  }

  #warn(id: string, count: bigint, text: string): void {
    this.#config.problem(new WsbindError("counter-mismatch", `Subscription ${id} counts ${count} events, and more were seen before: ` +
      `if it was created anew, its events up to ${count} are to be had from $events`), id, text);
  }
}

function isBare(statuses: readonly SubscriptionStatus[]): boolean {
  return statuses.every(({ events }) => events.length === 0);
}

/** The events of a status that a step is about. */
function chosen(status: SubscriptionStatus, step: Extract<Step, { deliver: unknown }>): NotificationEvent[] {
  const numbers = new Set(step.deliver);
  return ordered(status.events.filter(({ eventNumber: n }) => (isNumber(n) ? numbers.has(n) : step.unnumbered)));
}
