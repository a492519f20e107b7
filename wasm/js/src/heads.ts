// The options of a validation as the module takes them, encoded once for every
// distinct set: a call that repeats options finds them by five comparisons.

import { sourceOf } from "./definition.js";
import type { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { head } from "./instance.js";
import type { RequestOptions } from "./judging.js";
import { checkOneOf, checkOptions, isText, refuse, show, unreadable } from "./options.js";

/** How many sets of options are remembered. */
const MAX_KNOWN = 32;

/** The start of an envelope. */
export interface Head {
  readonly full: Uint8Array;
  /** The same for a judgement in brief, where there is one and the head is good for every instance. */
  readonly brief?: Uint8Array | undefined;
}

interface Known extends RequestOptions {
  readonly method: Method;
  readonly handle: number;
  readonly head: Head;
}

/** A method that judges. */
export interface Method {
  readonly name: string;
  /** The options it knows. */
  readonly options: readonly string[];
  /** What it asks of the module: to read the document as well, or to judge in brief where that will do. */
  readonly mode: "read" | "brief" | "full";
}

/** The heads without options. */
const nothing: Readonly<Record<Method["mode"], Head>> = { read: headsOf("read", {}), brief: headsOf("brief", {}), full: headsOf("full", {}) };

function headsOf(mode: Method["mode"], options: object): Head {
  if (mode === "read") return { full: head({ ...options, read: true }) };
  return { full: head(options), brief: mode === "brief" ? head({ ...options, brief: true }) : undefined };
}

/** The longest URL that is looked for, in UTF-16 units: none that is built in comes near. */
const MAX_URL = 4096;

/** checkURL refuses what is no URL, and does not find what cannot be that of a built-in definition. */
export function checkURL(name: string, url: unknown, due: string): void {
  if (typeof url !== "string" || url === "") refuse(`${name} is ${show(url)}, ${due} is due`);
  if (url.length > MAX_URL || !isText(url)) throw new WsbindError("not-found", `no definition with the URL ${show(url)} is built in: define its document`);
}

/** Heads turns options into heads. */
export class Heads {
  readonly #engine: Engine;
  #known: Known[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** head returns the start of an envelope with these options. */
  head(method: Method, options: RequestOptions | undefined): Head {
    if (options === undefined) return nothing[method.mode];
    checkOptions(method.name, options, method.options);
    let definition, level, fhir, query, maxIssues;
    try {
      ({ definition, level, fhir, query, maxIssues } = options);
    } catch (err) {
      unreadable(method.name, err);
    }
    // Behind the getters: whatever they do, the handle is of the live instance.
    const handle = typeof definition === "object" ? this.#handle(definition) : 0;
    for (const k of this.#known) {
      if (
        k.method === method && k.handle === handle && (handle !== 0 || k.definition === definition) &&
        k.level === level && k.fhir === fhir && k.query === query && k.maxIssues === maxIssues
      ) {
        return k.head;
      }
    }
    return this.#encode(method, { definition, level, fhir, query, maxIssues }, handle);
  }

  #handle(definition: object | null): number {
    const source = definition === null ? undefined : sourceOf(definition);
    return source === undefined ? refuse("definition is an object that define did not return: call kit.define with it first") : this.#engine.handle(source);
  }

  #encode(method: Method, options: RequestOptions, handle: number): Head {
    const { definition, level, fhir, query, maxIssues } = options;
    if (handle === 0 && definition !== undefined) checkURL("definition", definition, "a Definition or a canonical URL");
    checkOneOf("level", level, ["type", "instance", "system"]);
    checkOneOf("fhir", fhir, ["R4", "R4B", "R5"]);
    checkOneOf("query", query, [true, false]);
    if (maxIssues !== undefined && !(Number.isInteger(maxIssues) && maxIssues >= 1 && maxIssues <= 10_000)) {
      refuse(`maxIssues is ${show(maxIssues)}, a whole number from 1 to 10000 is due`);
    }
    const encoded = handle === 0
      ? headsOf(method.mode, { definition, level, fhir, query, maxIssues })
      : headsOf(method.mode === "brief" ? "full" : method.mode, { handle, level, fhir, query, maxIssues });
    if (this.#known.length === MAX_KNOWN) this.#known.shift();
    this.#known.push({ definition: handle === 0 ? definition : undefined, level, fhir, query, maxIssues, method, handle, head: encoded });
    return encoded;
  }
}
