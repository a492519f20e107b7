// FHIR bases, and the releases that they speak.

import type { Release } from "wsbind";

/** The releases, in the order of their age. */
export const releases = ["R4", "R4B", "R5"] as const satisfies readonly Release[];

/** A FHIR base. */
export interface Place {
  /** Such as http://127.0.0.1:8080/fhir/R5. */
  readonly base: string;
  readonly fhir: Release;
}
