/**
 * The gate in front of a FHIR server: `$get-ws-binding-token` and the bind frame, at
 * the edge.
 *
 * Begin with {@link tokenEndpoint}, which gives out binding tokens, and {@link front},
 * which makes one handler of a deployment's parts. EDGE.md says what the gate does.
 *
 * @packageDocumentation
 */

// REST
export { tokenEndpoint } from "./endpoint.js";
export type { TokenEndpointOptions } from "./endpoint.js";
export { upstreamCaller } from "./caller.js";
export type { Authorize, Authorized, UpstreamCallerOptions } from "./caller.js";
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
