// How the editor looks. All colours are custom properties of the page: they reach
// into the shadow root, and change with the scheme.

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const button = {
  minHeight: "1.75rem", padding: "0 0.6rem", border: "1px solid var(--edge)", borderRadius: "0.375rem",
  background: "var(--surface)", color: "var(--ink)", font: "inherit",
};

/** The editor around the text. */
export const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: "0.8125rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { padding: "0.5rem 0", caretColor: "var(--ink)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--muted)", borderRight: "1px solid var(--line)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--accent-soft)", color: "var(--ink)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 35%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: "var(--warning-soft)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-soft)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sunken)", border: "1px solid var(--line)", color: "var(--muted)" },
  ".cm-specialChar": { color: "var(--bad)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--ink)", fontFamily: "var(--sans)" },
  ".cm-panels.cm-panels-top, .cm-panels.cm-panels-bottom": { borderColor: "var(--line)" },
  ".cm-panel.cm-search": { fontSize: "0.8125rem" },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink)", minWidth: "1.5rem", minHeight: "1.5rem" },
  ".cm-button": { ...button, backgroundImage: "none" },
  ".cm-textfield": button,
  ".cm-tooltip": {
    backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--edge)", borderRadius: "0.375rem",
    fontFamily: "var(--sans)", maxWidth: "min(28rem, 90vw)", overflow: "hidden",
  },
  ".cm-diagnostic": { padding: "0.375rem 0.625rem", marginLeft: "0", whiteSpace: "normal", overflowWrap: "anywhere" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--warning)" },
  ".cm-diagnostic-info": { borderLeft: "4px solid var(--accent)" },
  ".cm-diagnosticSource": { fontFamily: "var(--mono)", fontSize: "0.75rem", opacity: "1", color: "var(--muted)" },
  ...underline("error", "--bad"),
  ...underline("warning", "--warning"),
  ...underline("info", "--accent"),
  ".cm-lintRange-active": { backgroundColor: "transparent" },
  ".cm-pointed": { backgroundColor: "var(--warning-soft)", boxShadow: "0 0 0 1px var(--warning)" },
  ...gutterMark("error", "--bad", "'\\2715'"),
  ...gutterMark("warning", "--warning", "'\\25B2'"),
  ...gutterMark("info", "--accent", "'i'"),
  ".cm-gutter-lint": { width: "1rem" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 0.125rem 0 0.375rem", minWidth: "1.25rem" },
  ".cm-foldGutter .cm-gutterElement": { padding: "0" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0" },
  ".cm-lint-marker": { width: "100%", height: "1.5em", textAlign: "center", fontWeight: "700", cursor: "default" },
});

/** The words of JSON. */
export const highlighting = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--server)" },
  { tag: [tags.brace, tags.squareBracket, tags.separator, tags.punctuation], color: "var(--muted)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

function underline(severity: string, colour: string): Record<string, Record<string, string>> {
  return {
    [`.cm-lintRange-${severity}`]: {
      backgroundImage: "none", paddingBottom: "0",
      textDecoration: `underline wavy var(${colour})`, textDecorationSkipInk: "none", textUnderlineOffset: "0.2em",
    },
    [`.cm-lintPoint-${severity}:after`]: { borderBottomColor: `var(${colour})` },
  };
}

/** The picture at the edge of the line: its form says as much as its colour. */
function gutterMark(severity: string, colour: string, picture: string): Record<string, Record<string, string>> {
  return {
    [`.cm-lint-marker-${severity}`]: { content: "normal", color: `var(${colour})` },
    [`.cm-lint-marker-${severity}::before`]: { content: picture, fontSize: "0.75rem" },
  };
}
