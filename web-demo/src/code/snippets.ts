// The snippets of every action: pure functions from what is on the page to texts.
// The tests run each of them.

import type { Release } from "wsbind";
import type { Snippets } from "./from-code.tsx";

/** Where an action happens. */
export interface Place {
  readonly base: string;
  readonly fhir: Release;
}

/** Not written yet. */
export function createSubscription(_: Place & { readonly resource: object }): Snippets {
  return { curl: "", go: "", js: "" };
}
