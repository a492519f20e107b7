// What the makers of a gate return is what its adapter takes, and ws is what it asks for.
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { issuer, verifier } from "wsbind";
import { bindGate, front, memoryStore, tokenEndpoint, upstreamCaller, upstreamResolver } from "wsbind/edge";
import { nodeGate } from "wsbind/edge/node";
import { WebSocket, WebSocketServer } from "ws";

const base = "https://gate.example/fhir", websocketUrl = "wss://gate.example/ws", key = "{}";
const gate = bindGate({
  websocketUrl, store: memoryStore(),
  verifier: verifier({ keys: key, algorithms: ["ES256"], issuer: base, audience: websocketUrl }),
  upstream: { dialect: "spec", fhir: "R4", base, WebSocket },
});
const endpoint = tokenEndpoint({ fhir: "R4", base, websocketUrl, issuer: issuer({ key }), authorize: upstreamCaller(), resolve: upstreamResolver({ base, fhir: "R4" }) });
const handle = front({ base, websocketUrl, endpoint, upstream: { base } });
nodeGate(createServer(), { WebSocketServer, gate, handle });
nodeGate(createSecureServer(), { WebSocketServer, gate, handle: endpoint });
// @ts-expect-error a gate is due
nodeGate(createServer(), { WebSocketServer, handle });
