// What is typed into the form of a fault, and what it says when it is read. It is
// kept here, so that it outlives the form, the view and the server.

import { signal } from "@preact/signals";
import type { Fault, FaultSpec } from "wsbind/mock";

/** What is typed: texts, "" for what is not given. */
export interface Draft {
  readonly when: "queued" | "chance";
  readonly times: string;
  readonly after: string;
  readonly probability: string;
  readonly subscription: string;
  readonly on: string;
  readonly code: string;
  readonly seconds: string;
  readonly parameter: string;
  readonly count: string;
}

/** A text of the form that is a number. */
type Numeric = "times" | "after" | "probability" | "code" | "seconds" | "count";

/** What is wrong with it, by the names of its texts. */
export type Wrong = Readonly<Partial<Record<keyof Draft, string>>>;

const empty: Draft = { when: "queued", times: "", after: "", probability: "", subscription: "", on: "", code: "", seconds: "", parameter: "", count: "" };

/** All that is typed, by the names of faults. */
const drafts = signal<Readonly<Record<string, Draft>>>({});

/** What is typed for a fault. */
export function draftOf(fault: string): Draft {
  return drafts.value[fault] ?? empty;
}

/** Types something. */
export function type(fault: string, change: Partial<Draft>): void {
  drafts.value = { ...drafts.value, [fault]: { ...draftOf(fault), ...change } };
}

/** Reads a draft. Whether the numbers are in range is for the server to say. */
export function readDraft({ fault, options = [] }: Fault, draft: Draft): { readonly spec: FaultSpec; readonly wrong: Wrong } {
  const spec: Record<string, unknown> = { fault };
  const wrong: Partial<Record<keyof Draft, string>> = {};
  const number = (name: Numeric, whole: boolean): void => {
    const text = draft[name].trim();
    if (text === "") return;
    const value = Number(text);
    if (!(value >= 0) || (whole && !Number.isSafeInteger(value))) wrong[name] = whole ? "A whole number is due." : "A number such as 0.5 is due.";
    else spec[name] = value;
  };
  if (draft.when === "queued") number("times", true);
  else number("probability", false);
  if (draft.when === "chance" && spec.probability === undefined) wrong.probability ??= "How likely is it? 0.1 is one time in ten.";
  number("after", true);
  if (draft.subscription !== "") spec.subscription = draft.subscription;
  for (const option of options as readonly (keyof Draft)[]) {
    if (option === "code" || option === "count") number(option, true);
    else if (option === "seconds") number(option, false);
    else if (draft[option]) spec[option] = draft[option];
  }
  return { spec: spec as unknown as FaultSpec, wrong };
}
