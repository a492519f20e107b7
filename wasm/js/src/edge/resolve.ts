/** Which Subscriptions a caller may bind. */

import type { Release } from "../definition.js";
import { WsbindError } from "../error.js";
import type { Kit } from "../kit.js";
import { load } from "../load.js";
import { checkOneOf, readOptions, refuse, show } from "../options.js";
import { coreOf, type Content, type Core, type SubscriptionFacts } from "./core.js";
import { readOptionNames, SubscriptionReader, type UpstreamReadOptions } from "./reader.js";

/**
 * Says which Subscriptions a caller may bind, out of those that were named, or of all
 * where `ids` is undefined. It throws a {@link WsbindError} for one that may not be:
 * `not-found` alike for one that is unknown, deleted or another's, and
 * `subscription-not-bindable` for one with another channel, or out of work. What it
 * leaves out of the named is taken as not found. The body of `request` is gone.
 */
export type Resolve = (caller: string, ids: readonly string[] | undefined, request: Request) => readonly string[] | Promise<readonly string[]>;

/** How {@link upstreamResolver} asks. */
export interface UpstreamResolverOptions extends UpstreamReadOptions {
  /** The release of FHIR that the server speaks. */
  readonly fhir: Release;
  /**
   * The content levels that the gate can serve, default all. Behind the dialect
   * `legacy` without `fetchResources` it is `["empty"]`: a Subscription that asks for
   * more is refused with `unsupported-content`.
   */
  readonly content?: readonly Content[] | undefined;
  /** The kit whose module reads, default that of `load`. */
  readonly kit?: Kit | undefined;
}

/** The FHIRPath of the operation's parameters that name Subscriptions. */
export const idParameter = "Parameters.parameter.where(name='id')";

const levels: readonly Content[] = ["empty", "id-only", "full-resource"];
const bindable = ["requested", "active"];

/** Resolvers that hold the caller's credential against the FHIR server. */
const asking = new WeakSet<Resolve>();

/** Whether a resolver proves that the caller's credential is good. */
export function asksUpstream(resolve: Resolve): boolean {
  return asking.has(resolve);
}

/**
 * Makes a `resolve` that reads each Subscription from the FHIR server, with the
 * caller's own Authorization: what the server shows the caller, the caller may bind.
 * No other header of the request goes there, and redirects are not followed.
 *
 * Where no ids are given it searches for those with the status `requested` or
 * `active`, and leaves out what is not for a websocket: let `noIds` be `all` only
 * where the server's searches find nothing but the caller's own.
 *
 * A 401 or 403 of the server is passed on. One that cannot be reached, or fails, is
 * `upstream-unavailable` (503 with Retry-After).
 */
export function upstreamResolver(options: UpstreamResolverOptions): Resolve {
  const { fhir, content = levels, kit, ...read } = readOptions("upstreamResolver", options, [...readOptionNames, "fhir", "content", "kit"]);
  if (fhir === undefined) refuse("upstreamResolver: fhir is undefined, one of R4, R4B, R5 is due");
  checkOneOf("upstreamResolver: fhir", fhir, ["R4", "R4B", "R5"]);
  if (!Array.isArray(content) || content.length === 0) refuse(`upstreamResolver: content is ${show(content)}, a list of ${levels.join(", ")} is due`);
  for (const level of content) checkOneOf("upstreamResolver: content", level, levels);
  let core: Core | undefined;
  const reader = new SubscriptionReader("upstreamResolver", read, fhir, async () => (core ??= coreOf(kit ?? (await load()))));
  const resolve: Resolve = async (_caller, ids, request) => {
    if (ids !== undefined) return reader.each(ids, (id, index) => named(reader, id, index, content, request));
    const found = await reader.search(bindable, request);
    return found.filter((facts) => unbindable(facts, content) === undefined).map(({ id }) => id);
  };
  asking.add(resolve);
  return resolve;
}

async function named(reader: SubscriptionReader, id: string, index: number, content: readonly Content[], request: Request): Promise<string> {
  const expression = `${idParameter}[${index}]`;
  let problem: WsbindError | undefined;
  try {
    problem = unbindable(await reader.read(id, request), content);
  } catch (err) {
    if (!(err instanceof WsbindError) || (err.code !== "not-found" && err.code !== "gone")) throw err;
    problem = new WsbindError("not-found", `there is no Subscription ${show(id)}`); // alike, whatever became of it
  }
  if (problem !== undefined) throw new WsbindError(problem.code, problem.message, { expression });
  return id;
}

/** Why a Subscription cannot be bound. */
function unbindable({ id, status, channel, content }: SubscriptionFacts, served: readonly Content[]): WsbindError | undefined {
  if (channel !== "websocket") return new WsbindError("subscription-not-bindable", `Subscription ${id} has the channel ${show(channel)}: only one for a websocket can be bound`);
  if (!bindable.includes(status)) return new WsbindError("subscription-not-bindable", `Subscription ${id} has the status ${show(status)}: update it with the status requested first`);
  if (served.includes(content)) return undefined;
  return new WsbindError("unsupported-content", `Subscription ${id} asks for ${content}, here is ${served.join(", ")} only: update it with that content, or have the gate's operator switch on fetchResources`);
}
