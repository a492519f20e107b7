// What happens by itself is told to those who do not see it.

import { signal } from "@preact/signals";
import type { JSX } from "preact";

/** Milliseconds within which announcements become one: a burst of events is not read out one by one. */
const GATHER = 400;

const spoken = signal("");
let gathered: string[] = [];

/** Has a sentence read out by screen readers, when they have time. */
export function announce(sentence: string): void {
  gathered.push(sentence);
  if (gathered.length > 1) return;
  setTimeout(() => {
    const more = gathered.length > 3 ? ` And ${gathered.length - 3} more.` : "";
    const text = gathered.slice(0, 3).join(" ") + more;
    // The same text once more would be no change, and is not read out.
    spoken.value = text === spoken.value ? `${text}\u00a0` : text;
    gathered = [];
  }, GATHER);
}

/** The live region. There is one in the page. */
export function Announcer(): JSX.Element {
  return <div class="unseen" role="status" aria-live="polite">{spoken.value}</div>;
}
