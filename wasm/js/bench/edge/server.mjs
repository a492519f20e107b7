// A FHIR server that does as little as it can: it gives anybody a token, takes any
// bind, and sends the frames that it is told to.
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { WebSocketServer } = createRequire(new URL("../../test/package.json", import.meta.url))("ws");

const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition";
const subscription = {
  resourceType: "Subscription", id: "s1", status: "active", reason: "a benchmark", criteria: "http://server.example/topic",
  channel: { type: "websocket", payload: "application/fhir+json", _payload: { extension: [{ url: `${guide}/backport-payload-content`, valueCode: "empty" }] } },
};

const guides = (type, events) => JSON.stringify({
  resourceType: "Bundle", id: "4a1e8a0e-5a3c-4e0e-9d2c-0f0b3c6a7d11", meta: { profile: [`${guide}/backport-subscription-notification-r4`] },
  type: "history", timestamp: "2026-11-01T12:00:00Z",
  entry: [{
    fullUrl: "urn:uuid:0a1e8a0e-5a3c-4e0e-9d2c-0f0b3c6a7d12",
    resource: {
      resourceType: "Parameters", id: "0a1e8a0e-5a3c-4e0e-9d2c-0f0b3c6a7d12", meta: { profile: [`${guide}/backport-subscription-status-r4`] },
      parameter: [
        { name: "subscription", valueReference: { reference: "http://server.example/fhir/Subscription/s1" } },
        { name: "status", valueCode: "active" }, { name: "type", valueCode: type }, { name: "events-since-subscription-start", valueString: "1" }, ...events,
      ],
    },
    request: { method: "GET", url: "Subscription/s1/$status" }, response: { status: "200" },
  }],
});

const medplums = (type, ...resources) => JSON.stringify({
  resourceType: "Bundle", id: "4a1e8a0e-5a3c-4e0e-9d2c-0f0b3c6a7d11", type: "history", timestamp: "2026-11-01T12:00:00.000Z",
  entry: [
    { resource: { resourceType: "SubscriptionStatus", id: "0a1e8a0e-5a3c-4e0e-9d2c-0f0b3c6a7d12", status: "active", type, subscription: { reference: "Subscription/s1" }, notificationEvent: [{ eventNumber: "0", timestamp: "2026-11-01T12:00:00.000Z", focus: { reference: "Encounter/1" } }] } },
    ...resources.map((resource) => ({ resource, fullUrl: "http://server.example/fhir/Encounter/1" })),
  ],
});
const encounter = { resourceType: "Encounter", id: "1", status: "finished", class: { code: "AMB" }, subject: { reference: "Patient/1", display: "A Patient" }, meta: { versionId: "7", lastUpdated: "2026-11-01T12:00:00.000Z" } };

/** What each dialect has: the frame that binds, what answers it, and an event. */
export const dialects = {
  spec: {
    bind: (token) => `bind-with-token ${token}`,
    bound: guides("handshake", []),
    event: guides("event-notification", [{ name: "notification-event", part: [{ name: "event-number", valueString: "1" }] }]),
  },
  medplum: {
    bind: (token) => JSON.stringify({ type: "bind-with-token", payload: { token } }),
    bound: medplums("handshake"),
    event: medplums("event-notification", encounter),
  },
  legacy: { bind: () => "bind s1", bound: "bound s1", event: "ping s1" },
};

/** Starts one: {base, websocketUrl, send(count), stop()}. */
export async function startServer({ bound, event }) {
  const http = createServer(), sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on("connection", (socket) => socket.on("message", () => socket.send(bound)).on("error", () => {}));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const origin = `http://127.0.0.1:${http.address().port}`, websocketUrl = `${origin.replace("http", "ws")}/ws`;
  http.on("request", (request, response) => {
    const isToken = request.url.includes("$get-ws-binding-token");
    response.setHeader("content-type", "application/fhir+json");
    response.end(JSON.stringify(isToken ? tokenOf(websocketUrl) : subscription));
  });
  return {
    base: `${origin}/fhir`,
    websocketUrl,
    send: (count) => {
      for (const socket of sockets.clients) for (let i = 0; i < count; i++) socket.send(event);
    },
    stop: () => {
      for (const socket of sockets.clients) socket.terminate();
      http.close().closeAllConnections();
    },
  };
}

function tokenOf(url) {
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return {
    resourceType: "Parameters",
    parameter: [{ name: "token", valueString: "a-token-of-the-server" }, { name: "expiration", valueDateTime: expiration }, { name: "subscription", valueString: "s1" }, { name: "websocket-url", valueUrl: url }],
  };
}
