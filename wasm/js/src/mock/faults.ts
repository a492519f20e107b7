// Faults: what the server does wrong, and when. mockserver/faults/spec.go and
// plan.go in Go.

import type { Release } from "../definition.js";
import { refuse, show } from "../options.js";
import type { Management } from "./management.js";
import type { FaultName } from "./names.js";
import type { Profile } from "./options.js";

/** Which fault strikes, and when. */
export interface FaultSpec {
  /** A name of the catalogue. */
  readonly fault: FaultName;
  /** How often it strikes when it is queued; default once. */
  readonly times?: number | undefined;
  /** How many occasions pass first. */
  readonly after?: number | undefined;
  /** Above 0 and up to 1: it strikes by chance, for as long as it is planned. */
  readonly probability?: number | undefined;

  /** Limits it to one caller: a bearer token, or a name in the journal. */
  readonly caller?: string | undefined;
  /** Limits it to one Subscription, by its id. */
  readonly subscription?: string | undefined;
  /** Limits it to one release. */
  readonly fhir?: Release | undefined;
  /** Limits it to one websocket. */
  readonly socket?: number | undefined;

  /** What a fault of the operation layer strikes: an operation such as `$events`, or `*` for every request; default `$get-ws-binding-token`. */
  readonly on?: string | undefined;
  /** A close code or an HTTP status. */
  readonly code?: number | undefined;
  /** A delay, or what Retry-After says. */
  readonly seconds?: number | undefined;
  /** The parameter of the answer that is broken; default drawn. */
  readonly parameter?: "token" | "expiration" | "subscription" | "websocket-url" | undefined;
  /** How many events a burst has, or how many bytes a frame. */
  readonly count?: number | undefined;
}

/** A fault that strikes by chance. */
export interface ChanceSpec extends Omit<FaultSpec, "times"> {
  /** Above 0 and up to 1. */
  readonly probability: number;
}

/** A fault that waits for its occasion. */
export interface PlannedFault extends FaultSpec {
  /** What `clear` takes. */
  readonly id: number;
  /** How often it still strikes, where it is queued. */
  readonly left?: number;
  /** How often it has struck. */
  readonly struck: number;
}

/** One way to misbehave, as the catalogue has it. */
export interface Fault {
  /** Its name. */
  readonly fault: FaultName;
  /** What it is about: `legal` is what no specification forbids and clients get wrong all the same. */
  readonly layer: "operation" | "socket" | "notification" | "legal";
  /** Where it strikes. */
  readonly point: string;
  /** What the server does. */
  readonly does: string;
  /** What a client must do then. */
  readonly tests: string;
  /** Which members of a {@link FaultSpec} it reads beside those that say when it strikes. */
  readonly options?: readonly string[];
  /** What stands in for options that are not given. */
  readonly defaults?: { readonly [option: string]: string };
  /** How likely it is at each occasion, in the profile that has it. */
  readonly rate?: number;
}

/** What is planned, and what has struck. */
export interface FaultState {
  /** Which faults strike unasked. */
  readonly profile: Profile;
  /** What chance is drawn from. */
  readonly seed: number;
  /** What waits. */
  readonly planned: readonly PlannedFault[];
  /** How often each fault has struck. */
  readonly struck: { readonly [fault: string]: number };
}

/** The fault plan of a tenant. */
export class Faults {
  readonly #server: Management;
  readonly #path: string;

  /** @internal */
  constructor(server: Management, root: string) {
    this.#server = server;
    this.#path = `${root}/faults`;
  }

  /**
   * Queues faults for their next occasions, behind those that are queued. A name
   * alone strikes once:
   *
   * ```js
   * await mock.faults.next("gap", { fault: "close-after-handshake", code: 4001, subscription: "s1" })
   * ```
   */
  next(...specs: readonly (FaultName | FaultSpec)[]): Promise<PlannedFault[]> {
    return this.#plan(specs.map((spec) => (typeof spec === "string" ? { fault: spec } : spec)));
  }

  /** Has faults strike by chance, until they are cleared. */
  async set(...specs: readonly ChanceSpec[]): Promise<PlannedFault[]> {
    for (const spec of specs) if (!(spec?.probability > 0)) refuse(`set: probability is ${show(spec?.probability)}, above 0 and up to 1 is due`);
    return this.#plan(specs);
  }

  /** Forgets what is planned, or one of it by its id; what the profile does stays. */
  async clear(id?: number): Promise<void> {
    await this.#server.call("DELETE", id === undefined ? this.#path : `${this.#path}/${id}`);
  }

  /** Returns what is planned, and what has struck. */
  async state(): Promise<FaultState> {
    const { profile, seed, planned, struck } = (await this.#server.call("GET", this.#path)) as FaultState;
    return { profile, seed, planned, struck };
  }

  /** Returns every fault that there is. */
  async catalogue(): Promise<Fault[]> {
    const { catalogue } = (await this.#server.call("GET", this.#path)) as { catalogue: Fault[] };
    return catalogue;
  }

  async #plan(faults: readonly (FaultSpec | ChanceSpec)[]): Promise<PlannedFault[]> {
    if (faults.length === 0) return [];
    const { planned } = (await this.#server.call("POST", this.#path, { faults })) as { planned: PlannedFault[] };
    return planned;
  }
}
