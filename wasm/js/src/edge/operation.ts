/** An operation of Subscription, as its definition has it: levels, methods, parameters. */

import type { Definition, Level, Release } from "../definition.js";
import { WsbindError } from "../error.js";
import type { Kit } from "../kit.js";
import { load } from "../load.js";
import { quote } from "../quote.js";
import { withHeaders } from "./answer.js";
import { coreOf, type Core } from "./core.js";
import type { Call, Place } from "./request.js";

/** What an operation is served with, once the module is there. */
export interface Contract {
  readonly kit: Kit;
  readonly core: Core;
  readonly definition: Definition;
}

/** What contracts are made of. */
export interface ContractOptions {
  readonly fhir: Release;
  readonly kit?: Kit | undefined;
  readonly definition?: Definition | undefined;
}

/** Returns what yields the contract of an operation, by default with the definition that is built in. */
export function contractOf({ fhir, kit, definition }: ContractOptions, code: string): () => Promise<Contract> {
  let made: Contract | undefined;
  return async () => {
    // The promise itself is not kept: in some runtimes no request can wait for another's.
    const loaded = made?.kit ?? kit ?? (await load());
    return (made ??= { kit: loaded, core: coreOf(loaded), definition: definition ?? builtIn(loaded, fhir, code) });
  };
}

function builtIn(kit: Kit, fhir: Release, code: string): Definition {
  const found = kit.describe().definitions.find((known) => known.code === code && known.releases.includes(fhir));
  if (found === undefined) throw new WsbindError("unknown-operation", `there is no built-in definition of $${code} in ${fhir}: give one`);
  return kit.builtIn(`${found.url}|${found.version}`, { fhir });
}

/** How an operation is offered. */
export interface Offer {
  readonly base: string;
  readonly fhir: Release;
  readonly definition: Definition;
  /** Whether GET is taken although the definition rules it out. */
  readonly lenientGet?: boolean | undefined;
}

/** Where a place invokes the operation, or an error: `wrong-level`, `unknown-operation`, `not-found`. */
export function invoked(offer: Offer, { operation, before }: Place): Pick<Call, "level" | "id"> {
  const { code } = offer.definition;
  const [type, id] = before;
  if (operation !== code) {
    throw operation === ""
      ? new WsbindError("not-found", `nothing is at this path: ${places(offer)} are answered here`)
      : new WsbindError("unknown-operation", `there is no operation ${quote(`$${operation}`)} here; Subscription has $${code}`);
  }
  if (before.length > 2) throw new WsbindError("not-found", `no resource is at this path: ${places(offer)} are`);
  const level: Level = id !== undefined ? "instance" : type !== undefined ? "type" : "system";
  if (type !== undefined && type !== "Subscription") throw new WsbindError("unknown-operation", `${quote(type)} has no operation $${code}, Subscription has`);
  if (level === "system" || !offer.definition[level]) {
    throw new WsbindError("wrong-level", `$${code} does not exist at the ${level} level: ${places(offer)} have it`);
  }
  return { level, id };
}

function places({ base, definition }: Offer): string {
  const list = [];
  if (definition.type) list.push(`${base}/Subscription/$${definition.code}`);
  if (definition.instance) list.push(`${base}/Subscription/ID/$${definition.code}`);
  return list.join(" and ");
}

/** Refuses a method that the definition rules out at a level. */
export function checkMethod(offer: Offer, level: Level, method: string): void {
  const { fhir, definition, lenientGet } = offer;
  let methods = definition.methods[fhir][level];
  if (lenientGet && !methods.includes("GET")) methods = ["GET", "HEAD", ...methods];
  if (methods.includes(method)) return;
  const possible = methods.join(", ");
  const why = method === "GET" && definition.affectsState === true
    ? `$${definition.code} affects state in ${fhir} and takes ${possible} only; a gate with the option lenientGet takes GET too`
    : `${method} is not supported at this path, possible are ${possible}`;
  throw withHeaders(new WsbindError("method-not-allowed", why), { Allow: possible });
}
