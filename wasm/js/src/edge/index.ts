/**
 * The gate in front of a FHIR server: `$get-ws-binding-token` and the bind frame, at
 * the edge. EDGE.md says what it does, GATE.md lists what there is.
 *
 * @packageDocumentation
 */

// REST
export { tokenEndpoint } from "./endpoint.js";
export type { TokenEndpointOptions } from "./endpoint.js";
export { upstreamCaller } from "./caller.js";
export type { Authorize, Authorized, Caller, UpstreamCallerOptions } from "./caller.js";
export { upstreamResolver } from "./resolve.js";
export type { Resolve, UpstreamResolverOptions } from "./resolve.js";
export { statusEndpoint } from "./status.js";
export type { StatusEndpointOptions } from "./status.js";
export { front } from "./front.js";
export type { Front, FrontOptions } from "./front.js";
export type { Endpoint } from "./answer.js";
export type { CorsOption } from "./cors.js";
export type { UpstreamReadOptions } from "./reader.js";
export type { ProxyOptions } from "./proxy.js";

// The websocket
export { bindGate } from "./gate.js";
export type { Gate } from "./gate.js";
export type { BindGateOptions, Replay } from "./options.js";
export type { GateLimits, Limits } from "./limits.js";
export type { Check } from "./check.js";
export type { ClientPort, ClientSession } from "./port.js";

// The FHIR server
export type { UpstreamOptions } from "./upstream/server.js";
export type { Bound, Channel, ChannelListener, Grant, Omitted, Upstream } from "./upstream/upstream.js";
export type { Content } from "./core.js";

// What is remembered
export * from "./store/index.js";

// What is told
export type { GateEvent, GateEventName, Observer } from "./observe.js";
