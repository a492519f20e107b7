import { gateObject, workerGate } from "wsbind/edge/workerd";
import { fake } from "./fake.mjs";

export const Gate = gateObject(fake);
export const plain = workerGate(fake());
export default { fetch: (request, env) => env.GATE.get(env.GATE.idFromName("gate")).fetch(request) };
