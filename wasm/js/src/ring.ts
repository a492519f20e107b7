// A ring of keys: which of them a token is verified with. The rules and the
// words are those of core/jose.

import type { Algorithm } from "./algorithm.js";
import type { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { head } from "./instance.js";
import type { RingKey } from "./keys.js";
import { quote } from "./quote.js";
import { importCheck, importSign, type Check, type CheckedJWK, type Sign } from "./webcrypto.js";

/** What the module says of a JWK. */
interface Description {
  readonly kid: string | null;
  readonly unusable?: string;
  readonly name: string;
  readonly algorithms: readonly Algorithm[];
  readonly sign: boolean;
  readonly verify: boolean;
}

const noOptions = head({});
const decoder = new TextDecoder();

/** A JWK that the module has read. */
export class RingJWK implements RingKey {
  readonly kid: string | null;
  readonly algorithms: readonly Algorithm[];
  unusable: string | undefined;
  readonly #description: Description;
  readonly #jwk: CheckedJWK;
  readonly #checks = new Map<string, Check>();

  constructor(description: Description, jwk: CheckedJWK) {
    this.kid = description.kid;
    this.unusable = description.unusable;
    this.algorithms = description.unusable === undefined && description.verify ? description.algorithms : [];
    this.#description = description;
    this.#jwk = jwk;
  }

  /** Whether it may sign. */
  get signs(): boolean {
    return this.unusable === undefined && this.#description.sign;
  }

  /** What it signs with unless told otherwise. */
  get algorithm(): Algorithm {
    return this.#description.algorithms[0] as Algorithm;
  }

  check(algorithm: string): Check | undefined {
    return this.#checks.get(algorithm);
  }

  async prepare(algorithm: Algorithm): Promise<void> {
    if (this.unusable !== undefined || this.#checks.has(algorithm)) return;
    const check = await importCheck(algorithm, this.#jwk);
    if (check) this.#checks.set(algorithm, check);
    else this.unusable = this.#broken();
  }

  /** Returns the signing by an algorithm that fits. */
  async signer(algorithm: Algorithm): Promise<Sign> {
    if (!this.#description.algorithms.includes(algorithm)) {
      const which = this.kid === null ? "without kid" : quote(this.kid);
      throw new WsbindError("key-algorithm-mismatch", `${this.#description.name} ${which} must not sign with ${algorithm}`);
    }
    const sign = await importSign(algorithm, this.#jwk);
    if (sign === undefined) throw new WsbindError("invalid-key", this.#broken());
    return sign;
  }

  #broken(): string {
    return `the ${this.#description.name} cannot be used: its numbers are no key`;
  }
}

/** readJWKs has the module read a JWK or a JWK Set. */
export function readJWKs(engine: Engine, text: string | Uint8Array): { keys: RingJWK[]; isSet: boolean } {
  const { keys } = engine.call("read_keys", noOptions, text) as { keys: Description[] };
  // The module has read it strictly, so that JSON.parse comes to the same.
  const json = JSON.parse(typeof text === "string" ? text : decoder.decode(text)) as { keys?: CheckedJWK[] };
  const isSet = json.keys !== undefined;
  const jwks = json.keys ?? [json as CheckedJWK];
  return { keys: keys.map((description, i) => new RingJWK(description, jwks[i] as CheckedJWK)), isSet };
}

/** Ring finds the key for a token. */
export class Ring {
  readonly #keys: readonly RingKey[];

  constructor(keys: readonly RingKey[]) {
    this.#keys = keys;
  }

  /** read makes a ring of the text of JWKs, and of other keys. */
  static async read(engine: Engine, text: string | Uint8Array | undefined, others: readonly RingKey[] = []): Promise<Ring> {
    if (text === undefined) return new Ring(others);
    const { keys, isSet } = readJWKs(engine, text);
    const [only] = keys;
    if (!isSet && only?.algorithms[0] !== undefined) {
      // A single JWK that is no key is refused like one that cannot be read.
      await only.prepare(only.algorithms[0]);
      if (only.unusable !== undefined) throw new WsbindError("invalid-key", only.unusable);
    }
    return new Ring([...keys, ...others]);
  }

  /** Whether a key is called by this kid. */
  has(kid: string): boolean {
    return this.#keys.some((key) => answers(key, kid));
  }

  /** The check by the one key that fits, if it is at hand: the quick way. */
  find(algorithm: string, kid: string | null): Check | undefined {
    let found: RingKey | undefined;
    for (const key of this.#keys) {
      if (!answers(key, kid) || key.unusable !== undefined || !key.algorithms.includes(algorithm)) continue;
      if (found !== undefined) return undefined;
      found = key;
    }
    return found?.check(algorithm);
  }

  /**
   * The check by the one key with this kid, or without a kid the only one, that
   * fits the algorithm; one that was given no name is asked where no other has
   * this kid. It throws `unknown-key` or `key-algorithm-mismatch`.
   */
  async search(algorithm: Algorithm, kid: string | null): Promise<Check> {
    const named = this.#keys.filter((key) => answers(key, kid));
    const fitting = named.filter((key) => key.algorithms.includes(algorithm));
    await Promise.all(fitting.map((key) => key.prepare(algorithm)));
    const usable = fitting.filter((key) => key.check(algorithm) !== undefined);
    const called = usable.filter((key) => kid !== null && key.kid === kid);
    const found = (called.length > 0 ? called : usable).map((key) => key.check(algorithm));
    const [only] = found;
    if (only !== undefined && found.length === 1) return only;
    if (found.length > 1) throw unknown(kid === null ? `the token has no kid, and ${found.length} keys of the set fit ${algorithm}` : `${found.length} keys have kid ${quote(kid)}: give each its own`);
    if (named.length === 0) throw unknown(kid === null ? "the set has no key that is still in use" : `no key has kid ${quote(kid)}`);
    throw new WsbindError("key-algorithm-mismatch", await mismatch(named, algorithm, kid));
  }
}

function answers(key: RingKey, kid: string | null): boolean {
  return kid === null || key.kid === undefined || key.kid === kid;
}

function unknown(message: string): WsbindError {
  return new WsbindError("unknown-key", message);
}

/** mismatch says why none of the keys that a token means can be used with its algorithm. */
async function mismatch(named: readonly RingKey[], algorithm: Algorithm, kid: string | null): Promise<string> {
  // A key that is none is told of, whatever algorithm it would have been for.
  for (const key of named) await Promise.all(key.algorithms.slice(0, 1).map((own) => key.prepare(own as Algorithm).catch(() => undefined)));
  const unusable = named.map((key) => key.unusable).filter((why) => why !== undefined).at(-1);
  if (unusable !== undefined) return `the token's key cannot be used: ${unusable}`;
  return kid === null ? `no key of the set may be used with ${algorithm}` : `the key with kid ${quote(kid)} must not be used with ${algorithm}`;
}
