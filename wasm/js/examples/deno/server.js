import { memoryStore } from "wsbind/edge";
import { denoGate } from "wsbind/edge/deno";
import { makeGate } from "./gate.js";

const env = Deno.env.toObject();
const { gate, handle } = makeGate(env, { store: memoryStore(), replay: "isolate" });
const server = Deno.serve({ port: Number(env.PORT ?? 8090), hostname: env.HOST ?? "127.0.0.1" }, denoGate({ gate, handle }));

Deno.addSignalListener("SIGTERM", async () => {
  gate.close();
  await server.shutdown();
  Deno.exit();
});
