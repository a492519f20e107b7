// A plain websocket proxy for workerd, in a Durable Object as the gate is.
import { pipe } from "./standard.mjs";

export class Proxy {
  constructor(_state, env) {
    this.to = env.TO;
  }

  fetch() {
    const { 0: webSocket, 1: socket } = new WebSocketPair();
    socket.accept();
    pipe(socket, this.to);
    return new Response(null, { status: 101, webSocket });
  }
}

export default { fetch: (request, env) => env.PROXY.get(env.PROXY.idFromName("proxy")).fetch(request) };
