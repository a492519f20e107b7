import { gateObject, workerGate } from "wsbind/edge/workerd";
import { fake } from "./fake.mjs";

export const Gate = gateObject(fake);
const plain = workerGate(fake());
export default { fetch: (request, env) => request.headers.has("x-plain") ? plain(request) : env.GATE.get(env.GATE.idFromName("gate")).fetch(request) };
