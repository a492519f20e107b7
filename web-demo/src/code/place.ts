// Where an action happens, and what its snippets are.

import type { Release } from "wsbind";

/** How to do by program what the page does by button. */
export interface Snippets {
  readonly curl: string;
  readonly go: string;
  readonly js: string;
}

/** A FHIR base. */
export interface Place {
  /** Such as http://127.0.0.1:8080/fhir/R5. */
  readonly base: string;
  readonly fhir: Release;
}

/** Subscriptions at a FHIR base. */
export interface Subscribed extends Place {
  /** Their ids; none lets the server decide. */
  readonly ids: readonly string[];
}

/** A URL below the base. Each part is a segment of the path, whatever is in it. */
export function below(base: string, ...parts: readonly string[]): string {
  const escaped = parts.map((part) => encodeURIComponent(part).replaceAll("%24", "$"));
  return [base.replace(/\/+$/, ""), ...escaped].join("/");
}
