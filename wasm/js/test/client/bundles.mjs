// Notification Bundles as the releases write them, as small as they may be.

const backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

/**
 * Builds a notification with the content level id-only: `events` are numbers, or
 * objects of number and focus. A count of null is left out.
 */
export function notification({ fhir, base, id, type, count = null, events = [], status = "active" }) {
  const list = events.map((e) => (typeof e === "object" ? e : { number: e, focus: `${base}/Encounter/e${e}` }));
  const subscription = { reference: `${base}/Subscription/${id}` };
  const counter = count === null ? {} : { eventsSinceSubscriptionStart: String(count) };
  const resource = fhir === "R4"
    ? parameters({ subscription, status, type, count, list })
    : {
        resourceType: "SubscriptionStatus", id: uuid, status, type, ...counter,
        ...(list.length > 0 && { notificationEvent: list.map(({ number, focus }) => ({ eventNumber: String(number), focus: { reference: focus } })) }),
        subscription,
      };
  const history = fhir !== "R5";
  const entry = (fullUrl, method, url, resource) => ({
    fullUrl, ...(resource && { resource }),
    ...((history || !resource) && { request: { method, url } }),
    ...(history && { response: { status: method === "POST" ? "201" : "200" } }),
  });
  return {
    resourceType: "Bundle",
    id: "b",
    meta: { profile: [backport + (fhir === "R4" ? "backport-subscription-notification-r4" : "backport-subscription-notification")] },
    type: history ? "history" : "subscription-notification",
    timestamp: "2026-03-01T12:00:00.1234567Z",
    entry: [
      entry(`urn:uuid:${uuid}`, "GET", `${base}/Subscription/${id}/$status`, resource),
      ...list.map(({ focus }) => entry(focus, "POST", "Encounter")),
    ],
  };
}

function parameters({ subscription, status, type, count, list }) {
  return {
    resourceType: "Parameters",
    id: uuid,
    meta: { profile: [backport + "backport-subscription-status-r4"] },
    parameter: [
      { name: "subscription", valueReference: subscription },
      { name: "status", valueCode: status },
      { name: "type", valueCode: type },
      ...(count === null ? [] : [{ name: "events-since-subscription-start", valueString: String(count) }]),
      ...list.map(({ number, focus }) => ({
        name: "notification-event",
        part: [{ name: "event-number", valueString: String(number) }, { name: "focus", valueReference: { reference: focus } }],
      })),
    ],
  };
}

/** An OperationOutcome, as a frame or an answer. */
export function outcome(code, diagnostics, type = "processing") {
  return { resourceType: "OperationOutcome", issue: [{ severity: "error", code: type, details: { coding: [{ code }] }, diagnostics }] };
}
