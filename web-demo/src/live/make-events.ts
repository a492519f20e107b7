// Making something happen, so that there is something to be notified of.

import { signal } from "@preact/signals";
import { WsbindError } from "wsbind";
import { asError } from "../engine.ts";
import { here } from "../world.ts";
import { driver } from "./client.ts";
import { complain, facts, take, wire } from "./session.ts";
import { sample } from "./samples.ts";
import { release, topicType } from "./settings.ts";

/** Whether an event is on its way. */
export const making = signal(false);

/** How many events one button makes at once. */
export const SEVERAL = 3;

/** The resource that the button creates. */
export const resource = (): ReturnType<typeof sample> => sample(topicType.value, release.value);

/** Creates a resource of the topic's type: the server makes an event of it. */
export function createEvent(): Promise<void> {
  const { resourceType } = resource();
  return make(async () => {
    const { base, fetch } = wire();
    const headers = { "Content-Type": "application/fhir+json", Accept: "application/fhir+json" };
    const response = await fetch(`${base}/${resourceType}`, { method: "POST", headers, body: JSON.stringify(resource()) });
    if (!response.ok) throw new WsbindError("business-rule", `the server answered ${response.status} to the new ${resourceType}: open the answer to read why`);
  }, `Created: ${resourceType}.`);
}

/** Makes several events at once: by the mock itself where it may be asked, else by as many resources. */
export async function makeSeveral(): Promise<void> {
  const tenant = here.value?.tenant;
  const subscription = facts.value.subscriptions.at(-1)?.id;
  if (!tenant || subscription === undefined) {
    for (let n = 0; n < SEVERAL; n++) await createEvent();
    return;
  }
  await make(() => tenant.emit({ subscription, count: SEVERAL, fhir: release.value }), `The mock made ${SEVERAL} events.`);
}

async function make(work: () => Promise<unknown>, said: string): Promise<void> {
  const { busy } = facts.value;
  making.value = true;
  try {
    // What a client does meanwhile is not disturbed by what is shown of this.
    if (busy !== null || driver.value !== "hand") await work().catch((err: unknown) => complain("listen", asError(err)));
    else await take("listen", work, said);
  } finally {
    making.value = false;
  }
}
