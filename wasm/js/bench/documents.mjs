// The documents that are judged, made up so that every run has the same ones.

const base = "https://fhir.example/R4";

/** An answer of $get-ws-binding-token of exactly so many bytes, as a server writes it. */
export function response(size) {
  const token = { name: "token", valueString: "" };
  const parameter = [token, { name: "expiration", valueDateTime: "2030-01-01T00:00:00.000Z" }];
  const url = { name: "websocket-url", valueUrl: "wss://fhir.example/ws" };
  const text = () => JSON.stringify({ resourceType: "Parameters", parameter: [...parameter, url] });
  for (let i = 1; text().length + 100 < size; i++) parameter.push({ name: "subscription", valueString: `subscription-${i}` });
  token.valueString = `eyJ${"x".repeat(size - text().length - 3)}`; // a JSON Web Token, as far as the contract goes
  return text();
}

/** What can be wrong with a response: of each kind one, made of a valid one. */
export function invalid(valid) {
  const wrong = {
    "a parameter is missing": (p) => p.pop(),
    "a parameter is unknown": (p) => (p.at(-1).name = "websocket"),
    "a parameter stands twice": (p) => p.push({ ...p[0] }),
    "a value has the wrong type": (p) => (p[p.length - 1] = { name: "websocket-url", valueUri: "wss://fhir.example/ws" }),
    "a date has no offset": (p) => (p[1].valueDateTime = "2030-01-01T00:00:00"),
    "a string is empty": (p) => (p.at(-2).valueString = ""),
    "a string is a number": (p) => (p.at(-2).valueString = 4),
    "a string is null": (p) => (p.at(-2).valueString = null),
    "a parameter has too much": (p) => (p.at(-2).comment = "x"),
    "the resource is another": (p, root) => (root.resourceType = "Patient"),
  };
  return Object.entries(wrong).map(([why, ruin]) => {
    const root = JSON.parse(valid);
    ruin(root.parameter, root);
    return { why, text: JSON.stringify(root) };
  });
}

/** A notification of R4, with as many events and their resources as fit into so many bytes. */
export function notification(size) {
  const one = bundle(1).length;
  const each = (bundle(1001).length - one) / 1000;
  return bundle(Math.floor((size - one) / each));
}

function bundle(events) {
  const ids = Array.from({ length: events }, (_, i) => 10_000 + i);
  return JSON.stringify({
    resourceType: "Bundle",
    id: "6b1c8a5e-3f0d-4c57-9d0a-1f4e8b7c2d10",
    meta: { profile: [profile("notification-r4")] },
    type: "history",
    timestamp: "2026-01-01T00:00:00.123Z",
    entry: [status(ids), ...ids.map(encounter)],
  });
}

const profile = (name) => `http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-${name}`;

function status(ids) {
  const id = "46b0ed07-3af0-4b3a-9b0f-6a3b8f1b7a7c";
  const parameter = [
    { name: "subscription", valueReference: { reference: `${base}/Subscription/1` } },
    { name: "topic", valueCanonical: "http://example.org/topic/encounter" },
    { name: "status", valueCode: "active" },
    { name: "type", valueCode: "event-notification" },
    { name: "events-since-subscription-start", valueString: String(ids.length) },
    ...ids.map((id, i) => ({
      name: "notification-event",
      part: [
        { name: "event-number", valueString: String(i + 1) },
        { name: "timestamp", valueInstant: "2026-01-01T00:00:00.123Z" },
        { name: "focus", valueReference: { reference: `${base}/Encounter/${id}` } },
      ],
    })),
  ];
  return {
    fullUrl: `urn:uuid:${id}`,
    resource: { resourceType: "Parameters", id, meta: { profile: [profile("status-r4")] }, parameter },
    request: { method: "GET", url: `${base}/Subscription/1/$status` },
    response: { status: "200" },
  };
}

function encounter(id) {
  return {
    fullUrl: `${base}/Encounter/${id}`,
    resource: {
      resourceType: "Encounter",
      id: String(id),
      meta: { versionId: "3", lastUpdated: "2026-01-01T00:00:00.123Z" },
      status: "in-progress",
      class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "IMP", display: "inpatient encounter" },
      subject: { reference: `Patient/${id}`, display: "Jörg Müller" },
      participant: [{ individual: { reference: `Practitioner/${id}` }, period: { start: "2026-01-01T00:00:00+01:00" } }],
      period: { start: "2026-01-01T08:00:00+01:00" },
      length: { value: 12.5, unit: "h", system: "http://unitsofmeasure.org", code: "h" },
    },
    request: { method: "PUT", url: `Encounter/${id}` },
    response: { status: "200" },
  };
}
