// The questions to the engine, and its answers as the view shows them.

import type { BindingResponse, Definition, Description, Issue, Kit, Notification, Release } from "wsbind";
import { WsbindError } from "wsbind";
import { CUSTOM, type Work } from "./work.ts";

/** What the engine says of a document. */
export interface Judged {
  readonly valid: boolean;
  readonly issues: readonly Issue[];
  readonly response?: BindingResponse | undefined;
  readonly notification?: Notification | undefined;
}

/** What the engine says of a definition. */
export interface Defined {
  /** Null where it cannot be used. */
  readonly definition: Definition | null;
  /** What was repaired and what was found, in the order of the text. */
  readonly issues: readonly (Issue & { readonly repaired?: boolean })[];
}

/** Judges a document: its text, or the bytes of a file whose text says less than they do. */
export function judge(kit: Kit, { kind, fhir, level, query }: Omit<Work, "document" | "definition" | "operation">, definition: Definition | null, document: string | Uint8Array): Judged {
  if (kind === "notification") return kit.readNotification(document, { fhir });
  const options = { fhir, level, definition: definition ?? undefined };
  return kind === "response" ? kit.readResponse(document, options) : kit.validateRequest(document, { ...options, query });
}

/** Loads an OperationDefinition; whatever is wrong with it is an answer as well. */
export function define(kit: Kit, text: string | Uint8Array, fhir: Release): Defined {
  try {
    const definition = kit.define(text, { fhir });
    return { definition, issues: ordered(definition.repairs, definition.issues) };
  } catch (err) {
    if (!(err instanceof WsbindError) || err.issues === undefined) throw err;
    return { definition: null, issues: ordered(err.repairs ?? [], err.issues) };
  }
}

/** Returns the definition that is built in for a release. */
export function builtIn(kit: Kit, { definitions }: Description, operation: string, fhir: Release): Definition | null {
  const found = operation === CUSTOM ? undefined : definitions.find(({ code, releases }) => code === operation && releases.includes(fhir));
  return found === undefined ? null : kit.builtIn(found.url, { fhir });
}

/** Says how many issues there are of each kind: "2 errors, 1 warning". */
export function tally(issues: readonly Issue[]): string {
  const errors = issues.filter(({ severity }) => severity === "error" || severity === "fatal").length;
  const warnings = issues.filter(({ severity }) => severity === "warning").length;
  const rest = issues.length - errors - warnings;
  return [counted(errors, "error"), counted(warnings, "warning"), counted(rest, "remark")].filter(Boolean).join(", ");
}

/** Says the verdict in words. */
export function verdictWords({ valid, issues }: Judged): string {
  const found = tally(issues);
  if (!valid) return `Not valid: ${found}`;
  return found === "" ? "Valid" : `Valid, with ${found}`;
}

function counted(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${what}${count === 1 ? "" : "s"}`;
}

function ordered(repairs: readonly Issue[], issues: readonly Issue[]): Defined["issues"] {
  return [...repairs.map((issue) => ({ ...issue, repaired: true })), ...issues].sort((a, b) => a.position.byte - b.position.byte);
}
