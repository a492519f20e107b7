import { bunGate } from "wsbind/edge/bun";
import { fake } from "./fake.mjs";

Bun.serve({ hostname: "127.0.0.1", port: process.env.PORT, ...bunGate(fake()) });
