/** The frames of a FHIR server of another dialect. */

import type { Code } from "../../codes.js";
import type { Core, UpstreamFrame } from "../core.js";
import type { BridgeConfig } from "./config.js";

/** readFrame reads a frame, null for a binary one. One that cannot be read is reported, and is null. */
export function readFrame(core: Core, text: string | null, dialect: "medplum" | "legacy", { fhir, maxBytes, observe }: BridgeConfig): UpstreamFrame | null {
  const refuse = (code: Code, detail: string): null => {
    observe({ event: "notification-refused", code, detail });
    return null;
  };
  if (text === null) return refuse("binary-frame", "the FHIR server sent a binary frame");
  if (text.length > maxBytes) return refuse("frame-too-large", `the FHIR server sent a frame of ${text.length} characters, at most ${maxBytes} are read`);
  try {
    return core.readFrame(text, dialect, fhir);
  } catch {
    return refuse("internal", "a frame of the FHIR server could not be read");
  }
}
