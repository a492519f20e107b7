/** What every upstream is given by its gate. */

import type { Clock } from "../../client/clock.js";
import type { Kit } from "../../kit.js";
import type { Core } from "../core.js";
import type { Observer } from "../observe.js";
import type { GateStore } from "../store/store.js";

/** The parts of a gate that an upstream uses. */
export interface UpstreamParts {
  /** The module, loaded once. */
  readonly core: () => Promise<Core>;
  /** What judges answers of the FHIR server, of the same module. */
  readonly kit: () => Promise<Kit>;
  /** Milliseconds since 1970, and timers. */
  readonly clock: Clock;
  /** Never throws. */
  readonly observe: Observer;
  /** A new UUID. */
  readonly ids: () => string;
  /** From 0 up to 1, for pauses; default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Where event numbers are counted: `events.` and the Subscription's id. */
  readonly store: GateStore;
  /** Bytes of a frame or an answer of the FHIR server, at most. */
  readonly maxBytes: number;
}
