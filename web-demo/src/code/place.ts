// What snippets are made of, and what they are.

import type { Place } from "../fhir-base.ts";

/** How to do by program what the page does by button. */
export interface Snippets {
  readonly curl: string;
  readonly go: string;
  readonly js: string;
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
