// What the validator works on: a document, and what it is held against.

import type { Level, Release } from "wsbind";
import { memberOf, parsed } from "../json.ts";

/** What a document can be. */
export const kinds = ["request", "response", "notification"] as const;

/** What a document is. */
export type Kind = (typeof kinds)[number];

/** The levels at which the operations of Subscriptions are invoked. */
export const levels = ["type", "instance", "system"] as const satisfies readonly Level[];

/** The operation that stands for a definition of the reader's own. */
export const CUSTOM = "custom";

/** Everything that decides a verdict. */
export interface Work {
  readonly kind: Kind;
  readonly fhir: Release;
  readonly level: Level;
  /** The document is the query of a GET. */
  readonly query: boolean;
  /** The code of a built-in operation, or CUSTOM. */
  readonly operation: string;
  /** The text of an OperationDefinition, for CUSTOM. */
  readonly definition: string;
  readonly document: string;
}

/** Returns what a JSON text says it is, or "". */
export function resourceTypeOf(text: string): string {
  const document = parsed(text);
  const type = memberOf(document, "resourceType");
  if (document !== undefined) return typeof type === "string" ? type : "";
  // A published definition may have a page around it.
  return /"resourceType"\s*:\s*"OperationDefinition"/.test(text) && /"kind"\s*:\s*"(operation|query)"/.test(text) ? "OperationDefinition" : "";
}

/** Returns a text with the line ends of the editor. Outside of strings JSON does not mind, inside of them it allows neither. */
export function withLineFeeds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}
