// Subscriptions as each release writes them (P§3 of the design).
const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

function backport(topic, { filter, content, heartbeat }) {
  const subscription = {
    resourceType: "Subscription",
    meta: { profile: [guide + "backport-subscription"] },
    status: "requested",
    reason: "a test",
    criteria: topic,
    channel: {
      type: "websocket",
      payload: "application/fhir+json",
      _payload: { extension: [{ url: guide + "backport-payload-content", valueCode: content }] },
    },
  };
  if (filter) subscription._criteria = { extension: [{ url: guide + "backport-filter-criteria", valueString: filter }] };
  if (heartbeat) {
    subscription.channel.extension = [{ url: guide + "backport-heartbeat-period", valueUnsignedInt: heartbeat }];
  }
  return subscription;
}

function r5(topic, { filter, content, heartbeat }) {
  const subscription = {
    resourceType: "Subscription",
    status: "requested",
    topic,
    channelType: {
      system: "http://terminology.hl7.org/CodeSystem/subscription-channel-type",
      code: "websocket",
    },
    contentType: "application/fhir+json",
    content,
  };
  if (heartbeat) subscription.heartbeatPeriod = heartbeat;
  if (filter) {
    const [resourceType, condition] = filter.split("?");
    const [filterParameter, value] = condition.split("=");
    subscription.filterBy = [{ resourceType, filterParameter, value }];
  }
  return subscription;
}

export const subscriptionFor = (release, topic, options) =>
  (release === "R5" ? r5 : backport)(topic, { content: "id-only", ...options });

// Where each release keeps what a client reads from a notification.
export function readStatus(release, bundle) {
  const status = bundle.entry[0].resource;
  if (release !== "R4") {
    return {
      type: status.type,
      subscription: status.subscription.reference,
      count: status.eventsSinceSubscriptionStart,
      events: (status.notificationEvent ?? []).map((e) => ({ number: e.eventNumber, focus: e.focus?.reference })),
    };
  }
  const part = (list, name) => list.find((p) => p.name === name);
  const { parameter } = status;
  return {
    type: part(parameter, "type").valueCode,
    subscription: part(parameter, "subscription").valueReference.reference,
    count: part(parameter, "events-since-subscription-start")?.valueString,
    events: parameter.filter((p) => p.name === "notification-event").map((event) => ({
      number: part(event.part, "event-number").valueString,
      focus: part(event.part, "focus")?.valueReference.reference,
    })),
  };
}
