import { denoGate } from "wsbind/edge/deno";
import { fake } from "./fake.mjs";

Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")), onListen() {} }, denoGate(fake()));
