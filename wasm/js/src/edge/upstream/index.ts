/** Which upstream stands for which FHIR server. */

import { checkOneOf, refuse } from "../../options.js";
import type { GateStore } from "../store/store.js";
import { legacyUpstream } from "./legacy.js";
import { medplumUpstream } from "./medplum.js";
import type { UpstreamParts } from "./parts.js";
import { passUpstream } from "./pass.js";
import type { UpstreamOptions } from "./server.js";
import { specUpstream } from "./spec.js";
import type { Upstream } from "./upstream.js";

const counting = {
  medplum: medplumUpstream,
  legacy: legacyUpstream,
};

/** makeUpstream makes what speaks the dialect of a FHIR server. */
export function makeUpstream(options: UpstreamOptions, parts: Omit<UpstreamParts, "store"> & { readonly store: GateStore | undefined }): Upstream {
  const { dialect } = options;
  const { store } = parts;
  checkOneOf("upstream.dialect", dialect ?? null, ["spec", "pass", "medplum", "legacy"]);
  if (dialect === "spec") return specUpstream(options, parts);
  if (dialect === "pass") return passUpstream(options, parts);
  if (store === undefined) {
    refuse(`upstream.dialect is ${dialect}, whose event numbers the gate counts, and there is no store to keep them: give one; memoryStore() will do if they may begin anew with the process`);
  }
  return counting[dialect](options, { ...parts, store });
}
