// A plain websocket proxy for Deno.
import { pipe } from "./standard.mjs";

Deno.serve({ port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1", onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.addEventListener("open", () => pipe(socket, Deno.env.get("TO")));
  return response;
});
