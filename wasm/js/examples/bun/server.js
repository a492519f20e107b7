import { memoryStore } from "wsbind/edge";
import { bunGate } from "wsbind/edge/bun";
import { makeGate } from "./gate.js";

const { gate, handle } = makeGate(process.env, { store: memoryStore(), replay: "isolate" });
const server = Bun.serve({
  port: Number(process.env.PORT ?? 8090),
  hostname: process.env.HOST ?? "127.0.0.1",
  ...bunGate({ gate, handle }),
});

process.on("SIGTERM", () => {
  gate.close();
  server.stop();
});
