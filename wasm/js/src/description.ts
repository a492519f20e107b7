import type { Release } from "./definition.js";

/** A definition that the module brings along. */
export interface BuiltIn {
  /** Its canonical URL, for {@link Kit.builtIn} and the option `definition`. */
  readonly url: string;
  /** Its business version. */
  readonly version: string;
  /** The operation's code, such as `get-ws-binding-token`. */
  readonly code: string;
  /** The releases it was published for. */
  readonly releases: readonly Release[];
}

/** How much is read and kept at most. */
export interface Limits {
  /** Bytes of a document. */
  readonly documentBytes: number;
  /** Objects and arrays of a document within one another. */
  readonly documentDepth: number;
  /** Parameters of a definition. */
  readonly definitionParameters: number;
  /** Issues of a verdict, the largest `maxIssues`. */
  readonly issues: number;
  /** Bytes of a token. */
  readonly tokenBytes: number;
  /** Subscriptions of a token. */
  readonly tokenSubscriptions: number;
  /** Bytes of a bind frame. */
  readonly frameBytes: number;
  /** Others, about the module as such: see wasm/ABI.md. */
  readonly [name: string]: number;
}

/** What a module knows. */
export interface Description {
  /** The ABI that it has. */
  readonly abi: AbiVersion;
  /** `lean` is the module of this package; `jose` signs and verifies by itself. */
  readonly module: "lean" | "jose";
  /** The releases of FHIR. */
  readonly releases: readonly Release[];
  /** The algorithms of tokens. */
  readonly algorithms: readonly string[];
  /** The definitions that are built in. */
  readonly definitions: readonly BuiltIn[];
  /** How much is read and kept at most. */
  readonly limits: Limits;
}

/** A version of the ABI between the package and the module. */
export interface AbiVersion {
  /** Another one is refused. */
  readonly major: number;
  /** A larger one has more than the package knows, never less. */
  readonly minor: number;
}
