// Resources whose creation is an event: as little in them as their release requires.

import type { Release } from "wsbind";

type Sample = Readonly<Record<string, unknown>> & { readonly resourceType: string };

const ambulatory = { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" };
const heartRate = { coding: [{ system: "http://loinc.org", code: "8867-4", display: "Heart rate" }] };

/** Makes a resource of a type. One that is not known here has nothing in it, which a strict server may refuse. */
export function sample(type: string, fhir: Release): Sample {
  return { resourceType: type, ...members[type]?.(fhir) };
}

const members: Readonly<Record<string, (fhir: Release) => object>> = {
  Encounter: (fhir) => (fhir === "R5"
    ? { status: "completed", class: [{ coding: [ambulatory] }] }
    : { status: "finished", class: ambulatory }),
  Patient: () => ({ active: true, name: [{ family: "Example", given: ["Ada"] }] }),
  Observation: () => ({ status: "final", code: heartRate, valueQuantity: { value: 72, unit: "/min", system: "http://unitsofmeasure.org", code: "/min" } }),
  Task: () => ({ status: "requested", intent: "order" }),
  Appointment: () => ({ status: "proposed", participant: [{ actor: { display: "Ada Example" }, status: "needs-action" }] }),
};
