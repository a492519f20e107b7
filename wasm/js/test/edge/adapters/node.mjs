import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { nodeGate } from "wsbind/edge/node";
import { fake } from "./fake.mjs";

const server = createServer();
nodeGate(server, { WebSocketServer, ...fake() });
server.listen(process.env.PORT, "127.0.0.1");
