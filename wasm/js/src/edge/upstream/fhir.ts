/** The REST side of the FHIR server behind a bridge. */

import { asFailure, Failure, final, refused } from "../../client/failure.js";
import { exchange, type RestConfig } from "../../client/rest.js";
import { isId } from "../../client/urls.js";
import { why } from "../../options.js";
import type { Core, SubscriptionFacts } from "../core.js";
import type { BridgeConfig } from "./config.js";
import { unknownSubscription, upstreamFailure } from "./trouble.js";

const decoder = new TextDecoder();

/** Reads from the FHIR server with the gate's own credential. */
export class FhirServer {
  readonly config: BridgeConfig;

  constructor(config: BridgeConfig) {
    this.config = config;
  }

  /**
   * Gets what is behind the base. Rejects with a Failure: `upstream-unavailable` or
   * `upstream-refused`. No cache is asked: HAPI answers a search from one for a minute.
   */
  async get(call: string, path: string, signal: AbortSignal): Promise<string> {
    try {
      return decoder.decode(await exchange(this.#rest(signal), { call, method: "GET", path }));
    } catch (err) {
      throw upstreamFailure(asFailure(err));
    }
  }

  /** The same for what belongs to a Subscription, where 404 and 410 mean that there is none: `unknown-subscription`. */
  async getOf(id: string, call: string, rest: string, signal: AbortSignal): Promise<string> {
    if (!isId(id)) throw new Failure("final", unknownSubscription(id, "has an id that stands in no URL"));
    try {
      return await this.get(call, `/Subscription/${id}${rest}`, signal);
    } catch (err) {
      const { code } = (err as Failure).reason.cause as { code?: string } ?? {};
      if (code === "not-found" || code === "gone") throw new Failure("final", unknownSubscription(id, "does not exist any more", err));
      throw err;
    }
  }

  /** Reads a Subscription. */
  async subscription(core: Core, id: string, signal: AbortSignal): Promise<SubscriptionFacts> {
    const text = await this.getOf(id, "the Subscription", "", signal);
    try {
      return { ...core.readSubscription(text, this.config.fhir), id };
    } catch (err) {
      throw refused("upstream-refused", `the Subscription ${id} cannot be read: ${why(err)}`, { cause: err });
    }
  }

  #rest(signal: AbortSignal): RestConfig {
    const { base, fetch, headers: given, clock, timeout, maxBytes } = this.config;
    const fresh = { "Cache-Control": "no-cache" };
    const headers = typeof given === "function" ? async () => ({ ...await given(), ...fresh }) : { ...given, ...fresh };
    return { base, fetch, headers, clock, timeout, maxBytes, signal };
  }
}

/** Why a Subscription cannot be bound as it is, or null. */
export function obstacle({ id, status, channel }: SubscriptionFacts): Failure | null {
  if (status === "off" || status === "error" || status === "entered-in-error") {
    return new Failure("final", unknownSubscription(id, `has the status ${status}`));
  }
  if (channel !== "websocket") return final("subscription-not-bindable", `Subscription ${id} has the channel ${JSON.stringify(channel)}: websocket is due`);
  return null;
}
