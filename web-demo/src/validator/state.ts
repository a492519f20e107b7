// What the validator shows, kept here so that it outlives a change of the view.

import { computed, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import type { Definition, Issue, WsbindError } from "wsbind";
import { asError, engine, lastRun, timed, type Engine } from "../engine.ts";
import { route, show } from "../route.ts";
import { announce } from "../ui/announce.tsx";
import { examples } from "./examples.ts";
import { builtIn, define, judge, verdictWords, type Defined, type Judged } from "./judge.ts";
import { lineStarts, spanOf, type Span } from "./span.ts";
import { CUSTOM, resourceTypeOf, withLineFeeds, type Work } from "./work.ts";

/** The two texts that can be edited. */
export type Text = "document" | "definition";

/** What the engine says of the document, or why it says nothing. */
export type Result =
  | { readonly state: "waiting" }
  | { readonly state: "empty" }
  | { readonly state: "no-definition" }
  | { readonly state: "failed"; readonly error: WsbindError }
  | { readonly state: "judged"; readonly judged: Judged; readonly text: string; readonly bytes: number; readonly milliseconds: number };

/** Something to read above the editor: about a file, or a link. */
export interface Message {
  readonly tone: "good" | "bad" | "warning" | "information";
  readonly title: string;
  readonly text?: string;
}

/** The example to begin with: one that shows what an issue looks like. */
const FIRST = examples.find(({ code }) => code === "wrong-value-type")!;

const current = signal<Work>(FIRST.work);
const outcome = signal<Result>({ state: "waiting" });
const known = signal<Defined | null>(null);
const first = signal<number | null>(null);

/** What is worked on. */
export const work: ReadonlySignal<Work> = current;

/** The verdict. */
export const result: ReadonlySignal<Result> = outcome;

/** The definition that documents are held against; null for notifications. */
export const defined: ReadonlySignal<Defined | null> = known;

/** How long the first verdict took, in milliseconds. */
export const firstRun: ReadonlySignal<number | null> = first;

/** Which text is shown. */
export const shownText = signal<Text>("document");

/** Which issue of the shown text is marked: the one that is pointed at. */
export const marked = signal<Issue | null>(null);

/** Which issue stays marked when nothing is pointed at: the one that was gone to. */
export const gone = signal<Issue | null>(null);

/** Where the cursor is to go; the editor takes it and puts null in its place. */
export const goal = signal<{ readonly text: Text; readonly issue: Issue; readonly span: Span } | null>(null);

/** What there is to say about a file or a link. */
export const message = signal<Message | null>(null);

/** What could not be decoded, with the text that it is shown as. */
const undecoded = new Map<Text, { readonly shown: string; readonly bytes: Uint8Array }>();

/** The issues of the shown definition's text. */
export const definitionIssues: ReadonlySignal<Defined["issues"]> = computed(() => (current.value.operation === CUSTOM ? (known.value?.issues ?? []) : []));

/** What the document says it is, where that matters: it is not what was expected. */
export const documentType: ReadonlySignal<string> = computed(() => {
  const now = outcome.value;
  return now.state === "judged" && !now.judged.valid ? resourceTypeOf(now.text) : "";
});

/** Changes a part of the work. */
export function change(part: Partial<Work>): void {
  const next = { ...current.value, ...part };
  if (next.kind === "notification") shownText.value = "document"; // nothing defines notifications
  current.value = { ...next, document: withLineFeeds(next.document), definition: withLineFeeds(next.definition) };
}

/** Begins with another document. */
export function begin(next: Work): void {
  message.value = null;
  shownText.value = "document";
  change(next);
}

/** Shows a document that another view hands over. */
export function handDocument(document: string, { kind, fhir }: Pick<Work, "kind" | "fhir">): void {
  const level = kind === "response" ? "instance" : current.value.level;
  begin({ ...current.value, kind, fhir, level, query: false, operation: "get-ws-binding-token", document });
  show("validator");
}

/** Shows bytes as a text. What is no UTF-8 in them is judged as it came, as long as nothing is changed. */
export function decode(text: Text, bytes: Uint8Array): string {
  const shown = withLineFeeds(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  if (shown.includes("\ufffd")) undecoded.set(text, { shown, bytes });
  return shown;
}

/** Moves the cursor to an issue. */
export function goTo(text: Text, issue: Issue): void {
  const whole = current.value[text];
  shownText.value = text;
  goal.value = { text, issue, span: spanOf(whole, lineStarts(whole), issue.position) };
}

/** What decides which definition it is: typing in the document loads none anew. */
const operation = computed(() => current.value.operation);
const definitionText = computed(() => (operation.value === CUSTOM ? current.value.definition : ""));
const fhir = computed(() => current.value.fhir);
const needed = computed(() => current.value.kind !== "notification");

effect(() => {
  const now = engine.value;
  const [code, text, release, due] = [operation.value, definitionText.value, fhir.value, needed.value];
  known.value = untracked(() => (now.state === "ready" && due ? definitionFor(now, code, text, release) : null));
});

effect(() => {
  const now = engine.value;
  const doing = current.value;
  const against = known.value;
  untracked(() => {
    outcome.value = now.state === "ready" ? judgeNow(now, doing, against) : { state: "waiting" };
    marked.value = gone.value = null;
  });
});

/** Verdicts are told, but not the first: nobody asked for it. */
let told = "";
effect(() => {
  const now = outcome.value;
  if (now.state !== "judged") return;
  const words = `${verdictWords(now.judged)}.`;
  if (told !== "" && words !== told && route.peek().view === "validator") announce(words);
  told = words;
});

function definitionFor(now: Engine & { readonly state: "ready" }, operation: string, text: string, fhir: Work["fhir"]): Defined | null {
  if (operation !== CUSTOM) {
    const definition = builtIn(now.kit, now.description, operation, fhir);
    return definition && { definition, issues: [] };
  }
  if (text.trim() === "") return { definition: null, issues: [] };
  try {
    return timed("a definition", () => define(now.kit, asGiven("definition", text), fhir));
  } catch (err) {
    message.value = { tone: "bad", title: "The definition could not be loaded.", text: asError(err).message };
    return { definition: null, issues: [] };
  }
}

function judgeNow(now: Engine & { readonly state: "ready" }, doing: Work, against: Defined | null): Result {
  const { kind, document, query } = doing;
  if (document.trim() === "" && !(kind === "request" && query)) return { state: "empty" };
  const definition: Definition | null = against?.definition ?? null;
  if (kind !== "notification" && definition === null) return { state: "no-definition" };
  try {
    const given = asGiven("document", document);
    const judged = timed(kind === "request" ? "a request" : `a ${kind}`, () => {
      const verdict = judge(now.kit, doing, definition, given);
      return { ...verdict, issues: verdict.issues }; // issues are read when they are looked at: that belongs to the time
    });
    const { milliseconds } = lastRun.peek()!;
    first.value ??= milliseconds;
    return { state: "judged", judged, text: document, bytes: sizeOf(given), milliseconds };
  } catch (err) {
    return { state: "failed", error: asError(err) };
  }
}

function asGiven(text: Text, shown: string): string | Uint8Array {
  const held = undecoded.get(text);
  return held?.shown === shown ? held.bytes : shown;
}

function sizeOf(given: string | Uint8Array): number {
  return (typeof given === "string" ? new TextEncoder().encode(given) : given).length;
}
