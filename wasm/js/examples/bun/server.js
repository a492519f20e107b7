import { memoryStore } from "wsbind/edge";
import { bunGate } from "wsbind/edge/bun";
import { makeGate } from "./gate.js";

Bun.serve({
  port: Number(process.env.PORT ?? 8090),
  hostname: process.env.HOST ?? "127.0.0.1",
  ...bunGate(makeGate(process.env, { store: memoryStore(), replay: "isolate" })),
});
