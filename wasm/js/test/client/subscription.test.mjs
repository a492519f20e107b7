// Subscriptions that the package writes: their shape, and whether the mock takes them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { websocketSubscription } from "wsbind";
import { startMock } from "../mock.mjs";

const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
const topic = "http://wsbind.example/SubscriptionTopic/Encounter";
const full = {
  topic, content: "full-resource", heartbeatPeriod: 60, timeout: 30, maxCount: 5, reason: "a test", end: new Date("2099-01-31T12:00:00Z"), id: "s1",
  filters: ["Encounter?status:not=planned&class=IMP", { parameter: "date", comparator: "ge", value: "2026-01,2026-03" }],
};

test("R5", () => {
  assert.deepEqual(websocketSubscription({ ...full, fhir: "R5" }), {
    resourceType: "Subscription", id: "s1", status: "requested", topic, end: "2099-01-31T12:00:00.000Z", reason: "a test",
    filterBy: [
      { resourceType: "Encounter", filterParameter: "status", modifier: "not", value: "planned" },
      { resourceType: "Encounter", filterParameter: "class", value: "IMP" },
      { filterParameter: "date", comparator: "ge", value: "2026-01,2026-03" },
    ],
    channelType: { system: "http://terminology.hl7.org/CodeSystem/subscription-channel-type", code: "websocket" },
    heartbeatPeriod: 60, timeout: 30, contentType: "application/fhir+json", content: "full-resource", maxCount: 5,
  });
  assert.deepEqual(Object.keys(websocketSubscription({ fhir: "R5", topic })), ["resourceType", "status", "topic", "channelType", "contentType", "content"]);
});

for (const fhir of ["R4", "R4B"]) {
  test(fhir, () => {
    assert.deepEqual(websocketSubscription({ ...full, fhir }), {
      resourceType: "Subscription", id: "s1", meta: { profile: [`${guide}backport-subscription`] }, status: "requested",
      end: "2099-01-31T12:00:00.000Z", reason: "a test", criteria: topic,
      _criteria: { extension: ["Encounter?status:not=planned", "Encounter?class=IMP", "date=ge2026-01,ge2026-03"].map((valueString) => ({ url: `${guide}backport-filter-criteria`, valueString })) },
      channel: {
        extension: [
          { url: `${guide}backport-heartbeat-period`, valueUnsignedInt: 60 },
          { url: `${guide}backport-timeout`, valueUnsignedInt: 30 },
          { url: `${guide}backport-max-count`, valuePositiveInt: 5 },
        ],
        type: "websocket", payload: "application/fhir+json",
        _payload: { extension: [{ url: `${guide}backport-payload-content`, valueCode: "full-resource" }] },
      },
    });
    const bare = websocketSubscription({ fhir, topic });
    assert.deepEqual([bare.reason, bare._criteria, bare.channel.extension], ["notifications over a websocket", undefined, undefined]);
    assert.equal(bare.channel._payload.extension[0].valueCode, "id-only");
  });
}

/** A filter, and how the guide and R5 have it. */
const filters = [
  ["status=finished", "status=finished", { filterParameter: "status", value: "finished" }],
  ["?status=finished", "status=finished", { filterParameter: "status", value: "finished" }],
  ["Encounter.status=finished", "Encounter?status=finished", { resourceType: "Encounter", filterParameter: "status", value: "finished" }],
  ["subject.name=x", "subject.name=x", { filterParameter: "subject.name", value: "x" }],
  ["patient=Patient%2F1", "patient=Patient/1", { filterParameter: "patient", value: "Patient/1" }],
  ["date=ge2026", "date=ge2026", { filterParameter: "date", value: "ge2026" }],
  ["reason=a+b%26c%3Dd", "reason=a%20b%26c=d", { filterParameter: "reason", value: "a b&c=d" }],
  [{ parameter: "status", comparator: "eq", value: "finished" }, "status=finished", { filterParameter: "status", comparator: "eq", value: "finished" }],
  [{ parameter: "reason", value: "50% + ä#" }, "reason=50%25%20%2B%20ä%23", { filterParameter: "reason", value: "50% + ä#" }],
];
for (const [filter, text, members] of filters) {
  test(`the filter ${JSON.stringify(filter)}`, () => {
    const [extension] = websocketSubscription({ fhir: "R4", topic, filters: [filter] })._criteria.extension;
    assert.equal(extension.valueString, text);
    assert.deepEqual(websocketSubscription({ fhir: "R5", topic, filters: [filter] }).filterBy, [members]);
  });
}

test("bad options are refused, and named", () => {
  const bad = [
    ["fhir", "R3", undefined], ["topic", "Encounter?x=y", "a b", "", undefined, 7, "http://x/a b"], ["content", "all", null], ["heartbeatPeriod", 0, 1.5, "60", 2 ** 31], ["timeout", -1],
    ["maxCount", 0], ["reason", "", " ", 7], ["end", "tomorrow", "2026-01-01", new Date(NaN), 7, "2026-13-01T00:00:00Z"], ["id", "a/b", "", 7], ["filter", []], ["filters", "status=x", [7], [null],
      ["status"], ["=x"], ["status="], ["&"], ["A?B.x=y"], ["x=%zz"], ["patient?status=x"], ["a b=c"], [{ parameter: "a:b", value: "x" }], [{ parameter: "a" }], [{ parameter: "a", value: "x", comparator: "~" }],
      [{ parameter: "a", value: "x", modifier: "not", comparator: "eq" }], [{ parameter: "a", value: "x", modifier: "" }], [{ parameter: "a", value: "x", type: "B" }]],
  ];
  for (const [name, ...values] of bad) {
    for (const value of values) {
      const options = { fhir: "R5", topic, [name]: value };
      const about = new RegExp(name === "filters" ? "filter" : name);
      assert.throws(() => websocketSubscription(options), (err) => err.code === "invalid-option" && about.test(err.message), JSON.stringify(options));
    }
  }
  for (const options of [undefined, null, "R4"]) assert.throws(() => websocketSubscription(options), { code: "invalid-option" });
});

let mock;
before(async () => { mock = await startMock(); });
after(() => mock?.stop());

for (const fhir of ["R4", "R4B", "R5"]) {
  test(`${fhir}: the mock takes it, and filters by it`, async () => {
    const send = async (method, path, resource) => {
      const answer = await fetch(`${mock.base(fhir)}/${path}`, { method, headers: { "content-type": "application/fhir+json" }, body: resource && JSON.stringify(resource) });
      assert.ok(answer.ok, await answer.clone().text());
      return answer.json();
    };
    await send("POST", "Subscription", websocketSubscription({ ...full, fhir }));
    const { id } = await send("POST", "Subscription", websocketSubscription({ fhir, topic, filters: ["Encounter?status=in-progress"] }));
    for (const status of ["planned", "in-progress"]) await send("POST", "Encounter", { resourceType: "Encounter", status, ...(fhir === "R5" ? {} : { class: { code: "IMP" } }) });
    const { entry: [{ resource }] } = await send("GET", `Subscription/${id}/$status`);
    const count = fhir === "R4" ? resource.parameter.find((p) => p.name === "events-since-subscription-start").valueString : resource.eventsSinceSubscriptionStart;
    assert.equal(count, "1");
  });
}
