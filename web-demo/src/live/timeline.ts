// Which events came, which are missing, and which came again: per Subscription, in
// the order in which that was learnt, from the websocket and from answers of $events.

import { EventTracker, type EventRange, type SubscriptionStatus } from "wsbind";
import { brief } from "../ui/words.ts";
import type { Message } from "../wire/message.ts";

/** A notification that had something to say of events. */
export interface Entry {
  readonly key: string;
  readonly message: number;
  readonly at: number;
  readonly subscription: string;
  readonly type: string;
  readonly numbers: readonly bigint[];
  /** What the events are about, as references. */
  readonly focus: readonly string[];
  /** Whether it is an answer of $events. */
  readonly asked: boolean;
  readonly fresh: readonly bigint[];
  readonly repeated: readonly bigint[];
  readonly filled: readonly bigint[];
  /** What it showed to be missing. */
  readonly missing: readonly EventRange[];
}

/** One place of the strip: an event, one that came again, or events that did not come. */
export type Chip =
  | { readonly kind: "event" | "again"; readonly key: string; readonly number: bigint; readonly message: number; readonly at: number; readonly focus: string }
  | { readonly kind: "gap"; readonly key: string; readonly range: EventRange; readonly left: bigint };

/** A Subscription's events. */
export interface Strip {
  readonly subscription: string;
  readonly chips: readonly Chip[];
  /** How many events came: more than there are chips, where the oldest were dropped. */
  readonly came: number;
  readonly missing: readonly EventRange[];
}

/** What is remembered of it all, and of each Subscription. */
const ENTRIES = 300;
const CHIPS = 200;
const STRIPS = 50;

/** The events of one world. */
export class Timeline {
  readonly #tracker = new EventTracker({ start: "beginning" });
  readonly #strips = new Map<string, Pick<Strip, "chips" | "came">>();
  #entries: readonly Entry[] = [];
  #count = 0;

  /** The notifications with events, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get strips(): Strip[] {
    return Array.from(this.#strips, ([subscription, strip]) => ({ ...strip, subscription, missing: this.#tracker.missing(subscription) }));
  }

  /** The last event up to which nothing is missing. */
  handled(subscription: string): bigint | null {
    const first = this.#tracker.missing(subscription)[0];
    return first ? first.from - 1n : this.#tracker.last(subscription);
  }

  /** Takes a message. Returns what it said of events. */
  note(message: Message): Entry[] {
    return message.verdict?.notification.statuses.flatMap((status) => this.#note(message, status) ?? []) ?? [];
  }

  #note({ id, at, from }: Message, status: SubscriptionStatus): Entry | null {
    // The ids here are the server's own, and given once: no count begins anew.
    const { subscription, fresh, repeated, filled, missing } = this.#tracker.note(status, false);
    const focusOf = new Map(status.events.map(({ eventNumber, focus }) => [eventNumber, focus ? short(focus.url) : ""]));
    const late = new Set(filled);
    const news = fresh.filter((number) => !late.has(number));
    const key = (): string => String(++this.#count);
    const chip = (kind: "event" | "again") => (number: bigint): Chip => ({ kind, key: key(), number, message: id, at, focus: focusOf.get(number) ?? "" });
    const gaps = missing.map((range): Chip => ({ kind: "gap", key: key(), range, left: range.to - range.from + 1n }));
    // Gaps stand before the event that shows them, or behind, where it was a counter.
    const added = [...gaps, ...news.map(chip("event"))].sort((a, b) => Number(place(a) - place(b)));
    const { chips, came } = this.#strips.get(subscription) ?? { chips: [], came: 0 };
    this.#keep(subscription, { chips: [...fill(chips, filled), ...added, ...repeated.map(chip("again"))], came: came + fresh.length });
    if (status.events.length === 0 && missing.length === 0) return null;
    const entry: Entry = {
      key: key(), message: id, at, subscription, type: status.type, asked: from === "server", fresh, repeated, filled, missing,
      numbers: status.events.flatMap(({ eventNumber }) => eventNumber ?? []), focus: [...new Set(focusOf.values())].filter(Boolean),
    };
    if (status.events.length > 0) this.#entries = [...this.#entries, entry].slice(-ENTRIES);
    return entry;
  }

  #keep(subscription: string, { chips, came }: Pick<Strip, "chips" | "came">): void {
    if (!this.#strips.has(subscription) && this.#strips.size >= STRIPS) return;
    this.#strips.set(subscription, { chips: chips.slice(-CHIPS), came });
  }
}

/** A reference without the base: `Encounter/1`. */
export function short(reference: string): string {
  return reference.split("/_history/", 1)[0]!.split("/").slice(-2).map(brief).join("/");
}

function place(chip: Chip): bigint {
  return chip.kind === "gap" ? chip.range.from : chip.number;
}

/** Takes what came late out of the gaps. */
function fill(chips: readonly Chip[], filled: readonly bigint[]): readonly Chip[] {
  if (filled.length === 0) return chips;
  return chips.map((chip) => {
    if (chip.kind !== "gap") return chip;
    const late = filled.filter((number) => number >= chip.range.from && number <= chip.range.to).length;
    return late === 0 ? chip : { ...chip, left: chip.left - BigInt(late) };
  });
}
