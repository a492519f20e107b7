// Snippets for what is plain FHIR: resources, and the operation $events.

import type { Place } from "../fhir-base.ts";
import { jsLiteral } from "./literal.ts";
import { below, type Snippets } from "./place.ts";
import { jsString } from "./quote.ts";
import { restCurl, restGo, restJS, type Exchange } from "./rest.ts";
import { stepsJS } from "./steps-js.ts";

/** A resource that is sent. */
export interface Sent extends Place {
  readonly resource: object;
}

/** A range of events, both ends included. */
export interface Range extends Place {
  /** The id of the Subscription. */
  readonly id: string;
  readonly from: bigint | number;
  readonly to: bigint | number;
}

/** Creates a Subscription. */
export function createSubscription({ base, fhir, resource }: Sent): Snippets {
  const exchange: Exchange = { method: "POST", url: below(base, "Subscription"), body: resource };
  const js = stepsJS({ base, fhir }, `const created = await steps.create(${jsLiteral(resource, "", 35)});
console.log(created.id, created.status);
`);
  return { curl: restCurl(exchange), go: restGo(exchange), js };
}

/** Creates a resource, or updates one that has an id: an event, where a topic fires for it. */
export function createEvent({ base, resource }: Sent): Snippets {
  const { resourceType = "", id } = resource as { readonly resourceType?: string; readonly id?: string };
  const exchange: Exchange = id === undefined
    ? { method: "POST", url: below(base, resourceType), body: resource }
    : { method: "PUT", url: below(base, resourceType, id), body: resource };
  return { curl: restCurl(exchange), go: restGo(exchange), js: restJS(exchange) };
}

/** Asks for events that did not come. */
export function catchUp({ base, fhir, id, from, to }: Range): Snippets {
  const url = `${below(base, "Subscription", id, "$events")}?eventsSinceNumber=${from}&eventsUntilNumber=${to}`;
  const js = stepsJS({ base, fhir }, `const { valid, notification } = await steps.events(${jsString(id)}, { from: ${from}n, to: ${to}n });
for (const { type, events } of notification.statuses) {
  console.log(valid, type, events.map(({ eventNumber }) => eventNumber));
}
`);
  return { curl: restCurl({ method: "GET", url }), go: restGo({ method: "GET", url }), js };
}
