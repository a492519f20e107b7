// The options of a validation as the module takes them, encoded once for every
// distinct set: a call that repeats options finds them by five comparisons.

import { sourceOf } from "./definition.js";
import type { Engine } from "./engine.js";
import { head } from "./instance.js";
import type { RequestOptions } from "./judging.js";
import { checkOneOf, checkOptions, refuse, show } from "./options.js";

/** How many sets of options are remembered. */
const MAX_KNOWN = 32;

/** No options, and none but `read`. */
const nothing = head({});
const readOnly = head({ read: true });

interface Known extends RequestOptions {
  readonly method: Method;
  readonly handle: number;
  readonly head: Uint8Array;
}

/** A method that judges: its name, the options it knows, and whether it reads as well. */
export interface Method {
  readonly name: string;
  readonly options: readonly string[];
  readonly read: boolean;
}

/** Heads turns options into heads. */
export class Heads {
  readonly #engine: Engine;
  #known: Known[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** head returns the start of an envelope with these options. */
  head(method: Method, options: RequestOptions | undefined): Uint8Array {
    if (options === undefined) return method.read ? readOnly : nothing;
    checkOptions(method.name, options, method.options);
    const handle = typeof options.definition === "object" ? this.#handle(options.definition) : 0;
    for (const k of this.#known) {
      if (
        k.method === method && k.handle === handle && (handle !== 0 || k.definition === options.definition) &&
        k.level === options.level && k.fhir === options.fhir && k.query === options.query && k.maxIssues === options.maxIssues
      ) {
        return k.head;
      }
    }
    return this.#encode(method, options, handle);
  }

  #handle(definition: object | null): number {
    const source = definition === null ? undefined : sourceOf(definition);
    return source === undefined ? refuse("definition is an object that define did not return: call kit.define with it first") : this.#engine.handle(source);
  }

  #encode(method: Method, options: RequestOptions, handle: number): Uint8Array {
    const { definition, level, fhir, query, maxIssues } = options;
    if (handle === 0 && definition !== undefined && (typeof definition !== "string" || definition === "")) {
      refuse(`definition is ${show(definition)}, a Definition or a canonical URL is due`);
    }
    checkOneOf("level", level, ["type", "instance", "system"]);
    checkOneOf("fhir", fhir, ["R4", "R4B", "R5"]);
    checkOneOf("query", query, [true, false]);
    if (maxIssues !== undefined && !(Number.isInteger(maxIssues) && maxIssues >= 1 && maxIssues <= 10_000)) {
      refuse(`maxIssues is ${show(maxIssues)}, a whole number from 1 to 10000 is due`);
    }
    const which = handle === 0 ? { definition } : { handle };
    const encoded = head({ ...which, level, fhir, query, maxIssues, read: method.read || undefined });
    if (this.#known.length === MAX_KNOWN) this.#known.shift();
    this.#known.push({ definition: handle === 0 ? definition : undefined, level, fhir, query, maxIssues, method, handle, head: encoded });
    return encoded;
  }
}
