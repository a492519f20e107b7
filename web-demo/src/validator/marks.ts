// Issues as the editor underlines them.

import { computed, type ReadonlySignal } from "@preact/signals";
import type { Issue } from "wsbind";
import type { Mark } from "./editor.ts";
import { lineStarts, spanOf, underlined, type Span } from "./span.ts";
import { definitionIssues, marked, result, shownText, work } from "./state.ts";

const severities = { fatal: "error", error: "error", warning: "warning", information: "info" } as const;

/** The issues of the document. */
export const documentMarks: ReadonlySignal<readonly Mark[]> = computed(() => {
  const now = result.value;
  return now.state === "judged" && now.text === work.value.document ? marksOf(now.text, now.judged.issues) : [];
});

/** The issues of the reader's own definition. */
export const definitionMarks: ReadonlySignal<readonly Mark[]> = computed(() => marksOf(work.value.definition, definitionIssues.value));

/** The part of the shown text that is pointed at, in all its length. */
export const pointedSpan: ReadonlySignal<Span | null> = computed(() => {
  const issue = marked.value;
  const text = work.value[shownText.value];
  return issue && spanOf(text, lineStarts(text), issue.position);
});

function marksOf(text: string, issues: readonly Issue[]): readonly Mark[] {
  const starts = lineStarts(text);
  return issues.map(({ severity, code, diagnostics, position }) => ({
    ...underlined(text, spanOf(text, starts, position)), severity: severities[severity], code, text: diagnostics,
  }));
}
