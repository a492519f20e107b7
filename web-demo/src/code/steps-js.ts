// The steps of the package wsbind, in JavaScript.

import type { Place } from "../fhir-base.ts";
import { jsLiteral } from "./literal.ts";

/** What Node before 22 needs. */
export const needsWebSocket = "// Node before 22 has no WebSocket: give that of the package ws as the option WebSocket.";

/** A program that makes the constant steps and goes on with it. */
export function stepsJS({ base, fhir, ids = [] }: Place & { readonly ids?: readonly string[] }, text: string): string {
  const options = { base, fhir, ...(ids.length > 0 && { subscriptions: ids }) };
  return `import { SubscriptionSteps } from "wsbind";

${needsWebSocket}
const steps = new SubscriptionSteps(${jsLiteral(options, "", 36)});
${text}`;
}
