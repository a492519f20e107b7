// The snippets of every action: pure functions from what is on the page to texts.
// The tests run each of them.

export type { Snippets, Subscribed } from "./place.ts";
export { catchUp, createEvent, createSubscription } from "./resources.ts";
export { bind, connect, disconnect, getToken, listen, renew } from "./socket.ts";
export { validate, verifyToken } from "./checks.ts";
export { advanceClock, clearFaults, emitEvents, makeTenant, planFault, revoke, verdicts } from "./mock.ts";
