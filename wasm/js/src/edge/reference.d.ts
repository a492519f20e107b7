/**
 * The gate in front of a FHIR server: `$get-ws-binding-token` and the bind frame, at
 * the edge.
 *
 * Begin with {@link tokenEndpoint}, which gives out binding tokens, {@link bindGate},
 * which guards the websocket, and {@link front}, which makes one handler of a
 * deployment's parts. EDGE.md says what the gate does.
 *
 * @packageDocumentation
 */

// What GATE.md lists: typedoc makes one page of one entry. Nothing imports this file.
export * from "./index.js";
export * from "./workerd.js";
export * from "./deno.js";
export * from "./bun.js";
export * from "./node.js";
