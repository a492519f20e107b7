// Entries of the journal, as they are kept.

import type { Entry } from "wsbind/mock";

/** An entry without the text of its frame, which may be long and is not shown here. */
export type Happening = Omit<Entry, "text">;

/** Appends entries, and keeps the latest. Numbers that begin anew are those of a tenant that was reset by somebody else. */
export function append(before: readonly Happening[], added: readonly Happening[], most: number): readonly Happening[] {
  const anew = added.findLastIndex(({ n }, i) => n <= (added[i - 1] ?? before.at(-1))?.n!);
  return (anew < 0 ? [...before, ...added] : added.slice(anew)).slice(-most);
}
