// The editor: CodeMirror in a shadow root, where its styles are adopted style sheets,
// which the page's policy allows. It is loaded when the validator is shown.

import { historyField } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { Compartment, EditorState, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, type DecorationSet } from "@codemirror/view";
import { basicSetup, EditorView } from "codemirror";
import { highlighting, theme } from "./editor-theme.ts";
import type { Span } from "./span.ts";

/** Something that is underlined. */
export interface Mark extends Span {
  readonly severity: "error" | "warning" | "info";
  readonly code: string;
  readonly text: string;
}

/** What an editor is opened with. */
export interface EditorOptions {
  /** By this name it is remembered: cursor and what can be undone. */
  readonly name: string;
  /** Its accessible name. */
  readonly label: string;
  readonly text: string;
  /** Whether the text is JSON. */
  readonly json: boolean;
  /** Is told that the text changed; textNow has it. */
  readonly onEdit: () => void;
}

/** An open editor. */
export interface Editor {
  textNow(): string;
  setText(text: string): void;
  setJSON(json: boolean): void;
  setMarks(marks: readonly Mark[]): void;
  /** Marks one part of the text, or none. */
  point(span: Span | null): void;
  /** Moves the cursor and takes the focus. Nothing is selected: an issue may be about the whole text, which one key would replace. */
  moveTo(offset: number): void;
  close(): void;
}

/** The longest text whose lines are wrapped: beyond, wrapping is slow. */
const WRAPPED = 100_000;

/** What editors that were closed go on from. */
const kept = new Map<string, EditorState>();

/** What is kept of an editor beyond text and cursor. */
const fields = { history: historyField };

const pointAt = StateEffect.define<Span | null>();

/** The part of the text that is pointed at. */
const pointed = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, { changes, effects }) {
    let next = set.map(changes);
    for (const effect of effects) if (effect.is(pointAt)) next = decorated(effect.value);
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/**
 * Typed text is put in here and not by the browser, which would keep the colours of
 * what it replaces in a style attribute, against the policy.
 */
const ownTyping = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data } = event;
    if (event.inputType !== "insertText" || data === null || event.isComposing || view.composing || !event.cancelable) return false;
    const { from, to } = view.state.selection.main;
    const typed = () => view.state.update(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, data, typed))) view.dispatch(typed());
    event.preventDefault();
    return true;
  },
});

/** Opens an editor in a shadow root. */
export function openEditor(root: ShadowRoot, { name, label, text, json: isJSON, onEdit }: EditorOptions): Editor {
  const language = new Compartment();
  const wrapping = new Compartment();
  let quiet = false;
  const told = EditorView.updateListener.of((update) => {
    if (update.docChanged && !quiet) onEdit();
  });
  const extensions: Extension = [
    basicSetup, theme, syntaxHighlighting(highlighting), lintGutter(), pointed, told, ownTyping,
    language.of(isJSON ? json() : []), wrapping.of(wrapped(text)),
    EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "true", tabindex: "0" }),
    EditorState.tabSize.of(2),
  ];
  const view = new EditorView({ state: stateOf(name, text, extensions), parent: root, root });
  const changeTo = (insert: string): void => {
    quiet = true;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert }, selection: { anchor: 0 }, scrollIntoView: true, effects: wrapping.reconfigure(wrapped(insert)) });
    quiet = false;
  };
  const inside = ({ from, to }: Span): Span => ({ from: Math.min(from, view.state.doc.length), to: Math.min(to, view.state.doc.length) });
  return {
    textNow: () => view.state.doc.toString(),
    setText: changeTo,
    setJSON: (is) => view.dispatch({ effects: language.reconfigure(is ? json() : []) }),
    setMarks: (marks) => view.dispatch(setDiagnostics(view.state, marks.map((mark) => ({ ...inside(mark), ...diagnostic(mark) })))),
    point: (span) => view.dispatch({ effects: pointAt.of(span && inside(span)) }),
    moveTo(offset) {
      const { from } = inside({ from: offset, to: offset });
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      view.focus();
    },
    close() {
      kept.set(name, view.state);
      view.destroy();
    },
  };
}

/** A state goes on from the one that was kept, unless the text has changed meanwhile. */
function stateOf(name: string, text: string, extensions: Extension): EditorState {
  const before = kept.get(name);
  if (before?.doc.toString() !== text) return EditorState.create({ doc: text, extensions });
  return EditorState.fromJSON(before.toJSON(fields), { extensions }, fields);
}

function wrapped(text: string): Extension {
  return text.length <= WRAPPED ? EditorView.lineWrapping : [];
}

function decorated(span: Span | null): DecorationSet {
  return span === null || span.from === span.to ? Decoration.none : Decoration.set(Decoration.mark({ class: "cm-pointed" }).range(span.from, span.to));
}

function diagnostic({ severity, code, text }: Mark): Pick<Diagnostic, "severity" | "source" | "message"> {
  return { severity, source: code, message: text };
}
