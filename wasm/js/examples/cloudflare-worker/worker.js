import { cloudflareKV, durableObjectStore, GateStoreObject } from "wsbind/edge";
import { gateObject } from "wsbind/edge/workerd";
import { makeGate } from "./gate.js";

/** Keeps what gates share. */
export { GateStoreObject };

/** Holds the sockets: those of one object share its connections to the FHIR server. */
export const Gate = gateObject((env) => makeGate(env, { store: storeOf(env), replay: "shared" }));

function storeOf({ GATE_KV, GATE_STORE }) {
  if (GATE_KV) return cloudflareKV(GATE_KV);
  return durableObjectStore(() => GATE_STORE.get(GATE_STORE.idFromName("gate")));
}

export default {
  fetch: (request, env) => env.GATE.get(env.GATE.idFromName("gate")).fetch(request),
};
