// Times, numbers, ids and sentences, as people read them.

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** The time of day, in the reader's time zone. */
export function timeOfDay(milliseconds: number): string {
  return clock.format(milliseconds);
}

/** Day and time of day, in the reader's time zone. */
export function dayAndTime(milliseconds: number): string {
  return day.format(milliseconds);
}

const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;

/** A duration in its two largest units: "4 minutes 12 seconds". */
export function duration(milliseconds: number): string {
  let rest = Math.round(Math.abs(milliseconds) / 1000);
  const parts: string[] = [];
  for (const [unit, seconds] of units) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "less than a second";
}

/** A time as seen from another: "in 4 minutes", "12 seconds ago". */
export function relative(milliseconds: number, from: number): string {
  const distance = milliseconds - from;
  if (Math.abs(distance) < 1000) return "now";
  return distance > 0 ? `in ${duration(distance)}` : `${duration(distance)} ago`;
}

/** Bytes, as people write them. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${Math.round(count / 1000)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** Milliseconds, as finely as they can be trusted. */
export function milliseconds(count: number): string {
  return count < 1 ? "under 1 ms" : `${count < 10 ? count.toFixed(1) : Math.round(count)} ms`;
}

/** An id by its beginning, where it is long: those that servers draw are told apart by it. */
export function brief(id: string): string {
  return id.length > 12 ? `${id.slice(0, 8)}…` : id;
}

/** What a server says, as a sentence that stands alone. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
