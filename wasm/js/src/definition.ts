import type { Source } from "./engine.js";
import type { Issue } from "./issue.js";

/** A release of FHIR. */
export type Release = "R4" | "R4B" | "R5";

/** Where an operation is invoked: on the server, on a resource type, on one resource. */
export type Level = "system" | "type" | "instance";

/** A parameter of an operation. */
export interface Parameter {
  /** Its name. */
  readonly name: string;
  /** `in` for requests, `out` for responses. */
  readonly use: "in" | "out";
  /** How often it must be there. */
  readonly min: number;
  /** How often it may be there, as FHIR writes it: `"1"`, `"*"`. */
  readonly max: string;
  /** Its FHIR type, "" if it has parts. */
  readonly type: string;
  /** What it may be if its type leaves that open. */
  readonly allowedTypes: readonly string[];
  /** How a search parameter is written, or "". */
  readonly searchType: string;
  /** The levels it is meant for; all if there are none. */
  readonly scope: readonly Level[];
  /** Its documentation. */
  readonly doc: string;
  /** What it is made of. */
  readonly part: readonly Parameter[];
}

/** The HTTP methods by which an operation can be invoked, by release and level. */
export type Methods = { readonly [release in Release]: { readonly [level in Level]: readonly string[] } };

/**
 * An OperationDefinition as a contract, from {@link Kit.define} or
 * {@link Kit.builtIn}. It is frozen, outlives traps of the module, and may be
 * given to any kit.
 */
export interface Definition {
  /** Its canonical URL. */
  readonly url: string;
  /** Its business version. */
  readonly version: string;
  /** The operation's code: `get-ws-binding-token` for `$get-ws-binding-token`. */
  readonly code: string;
  /** Its name for machines. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** `operation` or `query`. */
  readonly kind: string;
  /** True if it can be invoked on the server as a whole. */
  readonly system: boolean;
  /** True if it can be invoked on a resource type. */
  readonly type: boolean;
  /** True if it can be invoked on one resource. */
  readonly instance: boolean;
  /** Whether invoking it changes anything; null if the definition does not say. */
  readonly affectsState: boolean | null;
  /** The resource types it is defined for. */
  readonly resources: readonly string[];
  /** The HTTP methods by which it can be invoked. */
  readonly methods: Methods;
  /** Its parameters, inputs and outputs. */
  readonly parameters: readonly Parameter[];
  /** What was repaired to load it; empty with the option `strict`. */
  readonly repairs: readonly Issue[];
  /** What else is odd about it. */
  readonly issues: readonly Issue[];
}

/** What the engine needs to load a definition again. */
const sources = new WeakMap<object, Source>();

/** makeDefinition freezes a contract and remembers where it came from. */
export function makeDefinition(source: Source, contract: object, repairs: readonly Issue[], issues: readonly Issue[]): Definition {
  const definition = freeze({ ...contract, repairs, issues } as Definition);
  sources.set(definition, source);
  return definition;
}

/** sourceOf returns what makeDefinition remembered, undefined for what is no definition. */
export function sourceOf(definition: object): Source | undefined {
  return sources.get(definition);
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
