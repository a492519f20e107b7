// What the lanes of the diagram are called.

import type { Lane } from "../wire/message.ts";

/** Each lane: its heading, and its name in a sentence. */
export const lanes: Readonly<Record<Lane, { readonly name: string; readonly spoken: string }>> = {
  client: { name: "Client", spoken: "client" },
  server: { name: "FHIR server", spoken: "FHIR server" },
  socket: { name: "Websocket", spoken: "websocket" },
};
