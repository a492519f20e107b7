// Tokens that other views hand over for inspection.

import { signal } from "@preact/signals";
import { show } from "../route.ts";

/** A token, and what it should be held against as far as the view knows. */
export interface Handed {
  readonly token: string;
  /** The FHIR base that issued it. */
  readonly issuer?: string | undefined;
  /** The websocket-url that it is for. */
  readonly audience?: string | undefined;
}

/** What was handed over and not taken yet. */
export const handed = signal<Handed | null>(null);

/** Shows a token in the inspector. */
export function handToken(token: string, against: Omit<Handed, "token"> = {}): void {
  handed.value = { token, ...against };
  show("token");
}
