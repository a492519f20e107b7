// A gate in Node that issues nothing, and lets the tokens of the FHIR server pass.
import { createServer } from "node:http";
import { verifier } from "wsbind";
import { bindGate, memoryStore } from "wsbind/edge";
import { nodeGate } from "wsbind/edge/node";
import { WebSocket, WebSocketServer } from "ws";

const { PUBLIC_URL, FHIR_BASE: base, FHIR_WEBSOCKET: websocketUrl, ISSUER: issuer, JWKS_URL: jwksUrl, JWKS_COOLDOWN, FHIR_AUTHORIZATION: authorization, PORT } = process.env;

const gate = bindGate({
  websocketUrl: `${PUBLIC_URL.replace("http", "ws")}/ws`, store: memoryStore(), replay: "isolate",
  observe: (event) => console.log(JSON.stringify(event)),
  verifier: verifier({ jwksUrl, jwks: { cooldown: Number(JWKS_COOLDOWN) }, algorithms: ["ES256"], issuer, audience: websocketUrl }),
  upstream: { dialect: "pass", fhir: "R4", base, websocketUrl, headers: { authorization }, WebSocket },
});
const handle = async (request) => Response.json({ ended: await gate.revoke(await request.json()) });
const server = createServer();
nodeGate(server, { WebSocketServer, gate, handle });
server.listen(Number(PORT), "127.0.0.1");
