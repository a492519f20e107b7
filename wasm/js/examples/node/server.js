import { createServer } from "node:http";
import { memoryStore } from "wsbind/edge";
import { nodeGate } from "wsbind/edge/node";
import { WebSocket, WebSocketServer } from "ws";
import { makeGate } from "./gate.js";

const server = createServer();
nodeGate(server, { WebSocketServer, ...makeGate(process.env, { store: memoryStore(), replay: "isolate", WebSocket }) });
server.listen(Number(process.env.PORT ?? 8090), process.env.HOST ?? "127.0.0.1");
