// A plain websocket proxy for Node.
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer().on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head, pipe));
server.listen(Number(process.env.PORT), "127.0.0.1");

function pipe(near) {
  const far = new WebSocket(process.env.TO, { perMessageDeflate: false });
  const early = [];
  near.on("message", (data) => (far.readyState === 1 ? far.send(data.toString()) : early.push(data.toString())));
  far.on("open", () => early.forEach((text) => far.send(text)));
  far.on("message", (data) => near.send(data.toString()));
  for (const [one, other] of [[near, far], [far, near]]) one.on("close", () => other.close()).on("error", () => {});
}
