import { createServer } from "node:http";
import { memoryStore } from "wsbind/edge";
import { nodeGate } from "wsbind/edge/node";
import { WebSocket, WebSocketServer } from "ws";
import { makeGate } from "./gate.js";

const { gate, handle } = makeGate(process.env, { store: memoryStore(), replay: "isolate", WebSocket });
const server = createServer();
nodeGate(server, { WebSocketServer, gate, handle });
server.listen(Number(process.env.PORT ?? 8090), process.env.HOST ?? "127.0.0.1");

process.on("SIGTERM", () => {
  gate.close();
  server.close();
});
