// A gate in Node that shares what it remembers with others by NATS.
import { createServer } from "node:http";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { verifier } from "wsbind";
import { bindGate, natsStore } from "wsbind/edge";
import { nodeGate } from "wsbind/edge/node";
import { WebSocket, WebSocketServer } from "ws";

const { PORT, PUBLIC_URL, NATS, SIGNING_KEY, FHIR_BASE, FHIR_WEBSOCKET, FHIR_AUTHORIZATION: authorization, POLL_INTERVAL, STORE_PATIENCE } = process.env;

const publicBase = `${PUBLIC_URL}/fhir`;
const websocketUrl = `${PUBLIC_URL.replace("http", "ws")}/ws`;
const connection = await connect({ servers: NATS, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
const kvm = new Kvm(connection);
const store = natsStore({
  connection, timeout: 0.75,
  tokens: await kvm.create("wsbind_tokens", { ttl: 25 * 3600 * 1000 }),
  counters: await kvm.create("wsbind_counters"),
});
const gate = bindGate({
  websocketUrl, store, replay: "shared", pollInterval: Number(POLL_INTERVAL), storePatience: Number(STORE_PATIENCE),
  verifier: verifier({ keys: SIGNING_KEY, algorithms: ["ES256"], issuer: publicBase, audience: websocketUrl }),
  upstream: { dialect: "medplum", fhir: "R4", base: FHIR_BASE, publicBase, websocketUrl: FHIR_WEBSOCKET, headers: { authorization }, WebSocket },
});
const handle = async (request) => Response.json({ ended: await gate.revoke(await request.json()) });
const server = createServer();
nodeGate(server, { WebSocketServer, gate, handle });
server.listen(Number(PORT), "127.0.0.1");
