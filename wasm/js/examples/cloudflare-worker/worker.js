import { durableObjectStore, GateStoreObject } from "wsbind/edge";
import { gateObject } from "wsbind/edge/workerd";
import { makeGate } from "./gate.js";

/** Keeps what gates share. */
export { GateStoreObject };

/** Holds the sockets: those of one object share its connections to the FHIR server. */
export const Gate = gateObject((env) => makeGate(env, {
  store: durableObjectStore(() => env.GATE_STORE.get(env.GATE_STORE.idFromName("gate"))),
  replay: "shared",
}));

export default {
  fetch: (request, env) => env.GATE.get(env.GATE.idFromName("gate")).fetch(request),
};
