/** The gate's own token of a FHIR server. */

import { shorten } from "../../client/failure.js";
import { Server } from "../../client/server.js";
import { idOf } from "../../client/urls.js";
import type { Kit } from "../../kit.js";
import { upstreamError } from "./failures.js";
import type { UpstreamConfig } from "./options.js";
import { WsbindError } from "../../error.js";
import type { Omitted } from "./upstream.js";

/** How many requests may be made to find out which of several Subscriptions cannot be bound. */
const maxRequests = 64;

/** A token of the FHIR server. */
export interface UpstreamToken {
  readonly token: string;
  /** In milliseconds since 1970. */
  readonly expires: number;
  readonly url: string;
  /** What it covers, in the order that was asked for; at least one. */
  readonly ids: readonly string[];
  readonly omitted: readonly Omitted[];
}

/** What a request needs beside the configuration. */
export interface Asking {
  readonly config: UpstreamConfig;
  readonly kit: Kit;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * askToken asks for a token for Subscriptions. A server refuses a list for the sake of
 * one (P§10): then those that it can be had for are found by halves. It throws a
 * WsbindError.
 */
export async function askToken(asking: Asking, ids: readonly string[]): Promise<UpstreamToken> {
  try {
    return await ask(asking, ids, ids);
  } catch (err) {
    if ((err as WsbindError).code !== "unknown-subscription" || ids.length === 1) throw err;
    const good = await sift(asking, ids);
    if (good.length === 0) throw err;
    return await ask(asking, ids, good);
  }
}

async function ask({ config, kit, maxBytes, signal }: Asking, ids: readonly string[], good: readonly string[]): Promise<UpstreamToken> {
  try {
    const server = new Server({ ...config, maxBytes, signal, level: undefined, allowWs: false });
    const { token, expiration, subscriptions, websocketUrl } = await server.token(kit, config.fhir, good, signal);
    const said = new Set(subscriptions.map(idOf));
    // Nobody reads what such a token brings: it would go to a client who was never asked about.
    const foreign = [...said].find((id) => !good.includes(id));
    if (foreign !== undefined) throw new WsbindError("upstream-refused", `the FHIR server gave a token that covers Subscription/${shorten(foreign)} as well, which was not asked for`);
    const covered = said.size === 0 ? good : good.filter((id) => said.has(id));
    if (covered.length === 0) throw new WsbindError("unknown-subscription", "the FHIR server gave a token for none of the Subscriptions that were asked for");
    const omitted = ids.filter((id) => !covered.includes(id)).map(unknown);
    return { token, expires: expiration.getTime(), url: config.websocketUrl ?? websocketUrl, ids: covered, omitted };
  } catch (err) {
    throw upstreamError(err);
  }
}

/** sift asks for a token for each half of a list that was refused, and so on. */
async function sift(asking: Asking, ids: readonly string[]): Promise<string[]> {
  let left = maxRequests;
  const good = async (part: readonly string[]): Promise<readonly string[]> => {
    if (left-- <= 0) return [];
    try {
      return (await ask(asking, part, part)).ids;
    } catch (err) {
      if ((err as WsbindError).code !== "unknown-subscription") throw err;
      return part.length === 1 ? [] : halves(part);
    }
  };
  const halves = async (part: readonly string[]): Promise<string[]> => {
    const middle = part.length >> 1;
    return [...(await good(part.slice(0, middle))), ...(await good(part.slice(middle)))];
  };
  return halves(ids);
}

function unknown(id: string): Omitted {
  return { id, error: new WsbindError("unknown-subscription", `the FHIR server gives no token for Subscription/${id}`) };
}
