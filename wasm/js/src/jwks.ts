// A JWK Set at a URL: fetched when it is needed, kept for a while, and fetched
// anew when a token names a key that is not in it.

import type { Algorithm } from "./algorithm.js";
import { declaresMore, readBody } from "./body.js";
import type { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { readClock, type Clock } from "./instant.js";
import { checkOneOf, readOptions, refuse, show, why } from "./options.js";
import { Ring } from "./ring.js";
import type { Check } from "./webcrypto.js";

/**
 * How a JWK Set is fetched and kept. Times are in seconds. All tokens that need it
 * wait for one fetch.
 */
export interface JWKSOptions {
  /** How long a fetched set is used without asking again, default 600. */
  readonly maxAge?: number | undefined;
  /** How long after a fetch no token with an unknown kid leads to another, default 30. */
  readonly cooldown?: number | undefined;
  /** How long beyond `maxAge` a set is still used while it cannot be fetched anew, default 86,400; 0 for not at all. */
  readonly staleGrace?: number | undefined;
  /** How long an answer may take, default 5. */
  readonly timeout?: number | undefined;
  /** Headers to send, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** True lets the URL be http, not https: whoever is on the network path can then choose the keys. Loopback needs no leave. */
  readonly allowHttp?: boolean | undefined;
}

/** What is called to fetch: the runtime's `fetch`, or one like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** How often it is looked whether another request has fetched, and for how long, in milliseconds. */
const look = 5;
const longestLook = 1000;

/** The bytes of a set that are read at most; the module reads no more either. */
const MAX_BYTES = 1 << 20;

/** JWKS is the one set at a URL, as far as it is known. */
export class JWKS {
  readonly #url: URL;
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #maxAge: number;
  readonly #cooldown: number;
  readonly #staleGrace: number;
  readonly #timeout: number;
  readonly #headers: Readonly<Record<string, string>>;
  #ring: Ring | undefined;
  /** When the ring was fetched. */
  #fetched = 0;
  /** When the last attempt began, and how it ended if badly. */
  #tried = -Infinity;
  #failure: WsbindError | undefined;
  #flight: Promise<Ring> | undefined;
  #loading = false;

  constructor(url: string | URL, given: JWKSOptions, fetch: Fetch, clock: Clock) {
    const options = readOptions("jwks", given, ["maxAge", "cooldown", "staleGrace", "timeout", "headers", "allowHttp"]);
    this.#url = checkURL(url, options.allowHttp);
    this.#fetch = fetch;
    this.#clock = clock;
    this.#maxAge = duration("maxAge", options.maxAge, 600);
    this.#cooldown = duration("cooldown", options.cooldown, 30);
    this.#staleGrace = duration("staleGrace", options.staleGrace, 86400);
    this.#timeout = duration("timeout", options.timeout, 5);
    const { headers = {} } = options;
    this.#headers = checkHeaders(headers);
  }

  /** The keys, if they are known and young enough. */
  get fresh(): Ring | undefined {
    return this.#since(this.#fetched) < this.#maxAge ? this.#ring : undefined;
  }

  /** The keys, which are fetched unless they are fresh. Old ones serve while that fails. */
  async current(engine: Engine): Promise<Ring> {
    const fresh = this.fresh;
    if (fresh !== undefined) return fresh;
    const stale = this.#since(this.#fetched) < this.#maxAge + this.#staleGrace ? this.#ring : undefined;
    if (stale !== undefined && this.#failure !== undefined && this.#coolingDown()) return stale;
    try {
      return await this.#refresh(engine);
    } catch (err) {
      if (stale !== undefined) return stale;
      throw err;
    }
  }

  /** The keys for a token whose kid is not among those of a ring: others, if there may be others. */
  async other(engine: Engine, than: Ring): Promise<Ring> {
    if (this.#ring !== undefined && this.#ring !== than) return this.#ring;
    if (this.#flight === undefined && !this.#underway && this.#coolingDown()) {
      if (this.#failure !== undefined) throw this.#failure;
      return than;
    }
    return this.#refresh(engine);
  }

  /** A clock that was set back makes everything old. */
  #since(then: number): number {
    const elapsed = readClock(this.#clock) - then;
    return elapsed < 0 ? Infinity : elapsed;
  }

  #coolingDown(): boolean {
    return this.#since(this.#tried) < this.#cooldown;
  }

  /** refresh fetches, once for all who wait. */
  async #refresh(engine: Engine): Promise<Ring> {
    if (!isolatesRequests()) return (this.#flight ??= this.#load(engine).finally(() => (this.#flight = undefined)));
    if (!this.#underway) return this.#load(engine);
    await this.#elsewhere();
    if (this.#underway || this.#ring === undefined) return this.#load(engine);
    if (this.#failure !== undefined) throw this.#failure;
    return this.#ring;
  }

  /** Whether a fetch has begun and is not over. One whose request is gone never is, in runtimes that end both together. */
  get #underway(): boolean {
    return this.#loading && this.#since(this.#tried) < this.#timeout;
  }

  /** elsewhere waits until another request has fetched, by timers of its own: these runtimes let no request wait for another's promise. */
  async #elsewhere(): Promise<void> {
    for (let waited = 0; this.#underway && waited < longestLook; waited += look) await new Promise((resolve) => setTimeout(resolve, look));
  }

  async #load(engine: Engine): Promise<Ring> {
    this.#tried = readClock(this.#clock);
    this.#loading = true;
    try {
      const text = await this.#timed((signal) => this.#read(signal));
      const ring = await Ring.read(engine, text);
      this.#failure = undefined;
      this.#fetched = readClock(this.#clock);
      return (this.#ring = ring);
    } catch (err) {
      throw (this.#failure = this.#failed(err));
    } finally {
      this.#loading = false;
    }
  }

  async #timed<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Not the signal alone: a fetch that is given need not look at it.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Refusal(`there was no answer within ${this.#timeout} s`, "see whether it can be reached from here, or raise jwks.timeout"));
        controller.abort();
      }, this.#timeout * 1000);
    });
    try {
      return await Promise.race([action(controller.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(signal: AbortSignal): Promise<Uint8Array> {
    // Redirects are not followed: the keys are trusted for where they are from.
    const fetch = this.#fetch; // no method of this: that of browsers minds
    const response = await fetch(this.#url.href, { method: "GET", headers: this.#headers, redirect: "manual", signal, ...revalidated() });
    if (typeof (response as Partial<Response> | undefined)?.headers?.get !== "function") {
      throw new Refusal(`fetch answered ${show(response)}`, "a Response is due");
    }
    const refusal = refusalOf(response);
    if (refusal === undefined) return readBody(response, MAX_BYTES, tooLarge); // its content type is nobody's concern
    void response.body?.cancel().catch(() => undefined);
    throw refusal;
  }

  #failed(err: unknown): WsbindError {
    // Without its query, which may hold a secret.
    const where = `the JWK Set at ${this.#url.origin}${this.#url.pathname}`;
    if (err instanceof Refusal) return new WsbindError("keys-unavailable", `${where} cannot be had: ${err.message}; ${err.hint}`);
    if (err instanceof WsbindError) return new WsbindError("keys-unavailable", `${where} cannot be used: ${err.message}`, { cause: err });
    const { search } = this.#url;
    const reason = why(err);
    // An error of fetch may repeat the URL, and what caused it may do so as well.
    if (search === "") return new WsbindError("keys-unavailable", `${where} cannot be fetched: ${reason}; see whether it can be reached from here`, { cause: err });
    return new WsbindError("keys-unavailable", `${where} cannot be fetched: ${reason.replaceAll(search, "?…")}; see whether it can be reached from here`);
  }
}

/**
 * search finds the key of a token where it is not at hand: it is to be imported,
 * fetched, or missed. The ring is that of the keys that were given.
 */
export async function search(engine: Engine, given: Ring | undefined, jwks: JWKS | undefined, algorithm: Algorithm, kid: string | null): Promise<Check> {
  let ring = given;
  if (jwks !== undefined) {
    ring = await jwks.current(engine);
    if (kid !== null && !ring.has(kid)) ring = await jwks.other(engine, ring);
  }
  return (ring as Ring).search(algorithm, kid);
}

/** Refusal is an answer that is no JWK Set, and what to do about it. */
class Refusal extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** refusalOf says why an answer is none, by its head. */
function refusalOf(response: Response): Refusal | undefined {
  if (response.type === "opaqueredirect" || response.redirected || (response.status >= 300 && response.status < 400)) {
    return new Refusal("it redirects, which is not followed", "give the URL that it leads to");
  }
  if (response.status !== 200) return new Refusal(`the status is ${response.status}`, "200 with a JWK Set is due: is it the jwks_uri of the issuer?");
  return declaresMore(response, MAX_BYTES) ? tooLarge() : undefined;
}

function tooLarge(): Refusal {
  return new Refusal(`it has more than ${MAX_BYTES} bytes`, "no JWK Set needs as many");
}

/** checkHeaders returns the headers to send. It shows none of them: one may be a secret. */
function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (Object.prototype.toString.call(headers) !== "[object Object]" || !Object.values(headers).every((value) => typeof value === "string")) {
    refuse("jwks.headers is no plain object of strings");
  }
  try {
    new Headers(headers);
  } catch {
    refuse("jwks.headers has a name or a value that no header can have"); // and what was caught would show it
  }
  const accepts = Object.keys(headers).some((name) => name.toLowerCase() === "accept");
  return accepts ? { ...headers } : { accept: "application/jwk-set+json, application/json", ...headers };
}

/** checkURL refuses a URL whose answer others could choose. */
function checkURL(given: string | URL, allowHttp: boolean | undefined): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch (err) {
    refuse(`jwksUrl is ${show(given)}, an absolute URL is due`, err);
  }
  checkOneOf("jwks.allowHttp", allowHttp, [true, false]);
  const where = `jwksUrl ${url.origin}${url.pathname}`;
  if (url.username !== "" || url.password !== "") refuse(`${where} holds a name or a password: send them by jwks.headers`);
  if (url.protocol === "https:") return url;
  if (url.protocol !== "http:") refuse(`jwksUrl has the scheme ${url.protocol} and https: is due`);
  if (allowHttp !== true && !isLoopback(url.hostname)) {
    refuse(`${where} is http, so that whoever is on the way can choose the keys: use https, or set jwks.allowHttp if the way is yours`);
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function duration(name: string, value: number | undefined, absent: number): number {
  if (value === undefined) return absent;
  if (typeof value !== "number" || !(value >= 0) || (name === "timeout" && !(value > 0 && value <= 2147483))) {
    refuse(`jwks.${name} is ${show(value)}, a number of seconds is due`);
  }
  return value;
}

/**
 * revalidated asks the cache of a browser for what the server has now: how long a
 * set is kept is said by maxAge alone, and a new key must be seen. Older releases
 * of workerd refuse the option, and have no such cache.
 */
function revalidated(): RequestInit {
  return isolatesRequests() ? {} : { cache: "no-cache" };
}

/** isolatesRequests knows workerd and its like, where a promise of one request never settles in another. */
function isolatesRequests(): boolean {
  return "WebSocketPair" in globalThis || "EdgeRuntime" in globalThis;
}
