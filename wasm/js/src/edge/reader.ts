/** Reads Subscriptions from the FHIR server behind, with the caller's own credential. */

import { declaresMore, readBody } from "../body.js";
import { retryAfter } from "../client/backoff.js";
import { sleep, systemClock, type Clock } from "../client/clock.js";
import { member } from "../client/complaint.js";
import { checkBase, isId } from "../client/urls.js";
import type { Release } from "../definition.js";
import { WsbindError } from "../error.js";
import type { Fetch } from "../jwks.js";
import { checkFetch, refuse, show } from "../options.js";
import { quote } from "../quote.js";
import { withHeaders } from "./answer.js";
import type { Core, SubscriptionFacts } from "./core.js";

/** How the FHIR server behind is read. */
export interface UpstreamReadOptions {
  /** Its FHIR base, as the gate reaches it. */
  readonly base: string;
  /** The FHIR base as clients see it, by which the server may name its own pages; default `base`. */
  readonly publicBase?: string | undefined;
  /** How long one answer may take, in seconds; default 10. */
  readonly timeout?: number | undefined;
  /** Bytes of one answer, default 1,048,576. */
  readonly maxBytes?: number | undefined;
  /** Requests at a time for one caller, default 6. */
  readonly concurrency?: number | undefined;
  /** What makes requests, default the runtime's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Default the system's. */
  readonly clock?: Clock | undefined;
}

/** The names of these options. */
export const readOptionNames = ["base", "publicBase", "timeout", "maxBytes", "concurrency", "fetch", "clock"] as const;

/** Pages of a search that are read, and resources on a page that are asked for. */
const MAX_PAGES = 20;
const PAGE = 200;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** SubscriptionReader reads what a caller may read. */
export class SubscriptionReader {
  readonly #fhir: Release;
  readonly #core: () => Promise<Core>;
  readonly #base: string;
  readonly #publicBase: string;
  readonly #timeout: number;
  readonly #maxBytes: number;
  readonly #concurrency: number;
  readonly #fetch: Fetch;
  readonly #clock: Clock;

  constructor(what: string, options: UpstreamReadOptions, fhir: Release, core: () => Promise<Core>) {
    this.#fhir = fhir;
    this.#core = core;
    this.#base = checkBase(options.base);
    this.#publicBase = options.publicBase === undefined ? this.#base : checkBase(options.publicBase);
    this.#timeout = 1000 * positive(`${what}: timeout`, options.timeout ?? 10);
    this.#maxBytes = positive(`${what}: maxBytes`, options.maxBytes ?? 1 << 20);
    this.#concurrency = positive(`${what}: concurrency`, options.concurrency ?? 6);
    this.#fetch = checkFetch(options.fetch);
    this.#clock = options.clock ?? systemClock;
  }

  /** Reads one. Throws `not-found` or `gone` where the caller has none by that id. */
  async read(id: string, request: Request): Promise<SubscriptionFacts> {
    if (!isId(id)) throw new WsbindError("not-found", `there is no Subscription ${quote(id)}`);
    const { status, body } = await this.#get(`${this.#base}/Subscription/${id}`, request);
    if (status === 404) throw new WsbindError("not-found", `there is no Subscription ${quote(id)}`);
    if (status === 410) throw new WsbindError("gone", `Subscription ${quote(id)} was deleted`);
    const facts = status === 200 ? this.#facts(await this.#core(), body) : undefined;
    if (facts?.id !== id) throw odd(`Subscription/${id} with ${status === 200 ? "another resource" : status}`);
    return facts;
  }

  /**
   * Does something with each of several, a few at a time. Of several failures that
   * of the first in order is thrown; none is begun once there is one.
   */
  async each<T>(ids: readonly string[], work: (id: string, index: number) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    let next = 0;
    const failures: { index: number; err: unknown }[] = [];
    const worker = async (): Promise<void> => {
      while (failures.length === 0 && next < ids.length) {
        const index = next++;
        try {
          results[index] = await work(ids[index]!, index);
        } catch (err) {
          failures.push({ index, err });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#concurrency, ids.length) }, worker));
    const [first] = failures.sort((a, b) => a.index - b.index);
    if (first !== undefined) throw first.err;
    return results;
  }

  /** Searches, page by page. What cannot be read as a Subscription is left out. */
  async search(statuses: readonly string[], request: Request): Promise<SubscriptionFacts[]> {
    const core = await this.#core();
    const found = new Map<string, SubscriptionFacts>();
    const wanted = statuses.length === 0 ? "" : `status=${statuses.join(",")}&`;
    let url: string | undefined = `${this.#base}/Subscription?${wanted}_count=${PAGE}`;
    for (let page = 0; url !== undefined; page++) {
      if (page === MAX_PAGES) throw new WsbindError("too-many-parameters", `there are more Subscriptions than ${MAX_PAGES} pages hold: name those that are meant`);
      const bundle = await this.#bundle(url, request);
      for (const resource of subscriptionsOf(bundle)) {
        const facts = this.#facts(core, JSON.stringify(resource));
        if (facts !== undefined) found.set(facts.id, facts);
      }
      url = this.#next(bundle, url);
    }
    return [...found.values()];
  }

  async #bundle(url: string, request: Request): Promise<unknown> {
    const { status, body } = await this.#get(url, request);
    const bundle = status === 200 ? parsed(body) : undefined;
    if (member(bundle, "resourceType") !== "Bundle") throw odd(`a search for Subscriptions with ${status === 200 ? "what is no Bundle" : status}`);
    return bundle;
  }

  /** The next page. The credential goes nowhere but below the base. */
  #next(bundle: unknown, from: string): string | undefined {
    const links = list(member(bundle, "link"));
    const next = member(links.find((link) => member(link, "relation") === "next"), "url");
    if (typeof next !== "string") return undefined;
    for (const base of [this.#base, this.#publicBase]) {
      const rest = restOf(next, from, base);
      if (rest !== undefined) return this.#base + rest;
    }
    throw odd("a search with a next page outside its base; publicBase may be due");
  }

  #facts(core: Core, resource: string | Uint8Array): SubscriptionFacts | undefined {
    try {
      return core.readSubscription(resource, this.#fhir);
    } catch {
      return undefined;
    }
  }

  async #get(url: string, request: Request): Promise<Answer> {
    const answer = await this.#timed(request, (signal) => this.#fetched(url, request, signal));
    const { status, headers } = answer;
    if (status === 401) {
      throw withHeaders(new WsbindError("login-required", "the FHIR server does not accept the caller's credential"), { "WWW-Authenticate": headers.get("WWW-Authenticate") ?? "Bearer" });
    }
    if (status === 403) throw new WsbindError("forbidden", "the FHIR server forbids the caller to read this");
    if (status === 429 || status >= 500) {
      const seconds = Math.ceil(retryAfter(headers.get("Retry-After"), this.#clock.now()) / 1000) || 5;
      const code = status === 429 ? "too-many-requests" : "upstream-unavailable";
      throw withHeaders(new WsbindError(code, `the FHIR server answers ${status}: ask again after the time in Retry-After`), { "Retry-After": String(seconds) });
    }
    return answer;
  }

  async #fetched(url: string, request: Request, signal: AbortSignal): Promise<Answer> {
    const headers: Record<string, string> = { Accept: "application/fhir+json" };
    const authorization = request.headers.get("Authorization");
    if (authorization !== null) headers["Authorization"] = authorization;
    let response: Response;
    try {
      response = await this.#fetch(url, { method: "GET", headers, redirect: "manual", signal });
    } catch (err) {
      throw unreachable(err);
    }
    // The credential is for this server alone.
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) throw odd("with a redirect, which is not followed: give the base that it leads to");
    const tooLarge = (): WsbindError => odd(`with more than ${this.#maxBytes} bytes`);
    if (declaresMore(response, this.#maxBytes)) throw tooLarge();
    try {
      return { status: response.status, headers: response.headers, body: await readBody(response, this.#maxBytes, tooLarge) };
    } catch (err) {
      throw err instanceof WsbindError ? err : unreachable(err);
    }
  }

  /** Bounds the time, also where fetch heeds no signal. */
  async #timed<T>({ signal }: Request, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const end = (): void => controller.abort();
    if (signal?.aborted) throw new WsbindError("aborted", "nobody waits for the answer any more");
    signal?.addEventListener("abort", end);
    const late = sleep(this.#clock, this.#timeout, controller.signal).then(() => {
      if (signal?.aborted) throw new WsbindError("aborted", "nobody waits for the answer any more");
      throw new WsbindError("upstream-unavailable", `the FHIR server did not answer within ${this.#timeout / 1000} s`);
    });
    late.catch(() => {}); // whoever is second is not heard
    try {
      return await Promise.race([work(controller.signal), late]);
    } finally {
      signal?.removeEventListener("abort", end);
      controller.abort();
    }
  }
}

/** What an `Error` of fetch says may hold addresses that are the operator's business only. */
function unreachable(err: unknown): WsbindError {
  return new WsbindError("upstream-unavailable", "the FHIR server cannot be reached: ask again later", { cause: err });
}

function odd(what: string): WsbindError {
  return new WsbindError("upstream-refused", `the FHIR server answers ${what}`);
}

function subscriptionsOf(bundle: unknown): unknown[] {
  return list(member(bundle, "entry")).map((entry) => member(entry, "resource")).filter((resource) => member(resource, "resourceType") === "Subscription");
}

/** What follows the base in a URL; undefined for one that is not below it. */
function restOf(text: string, from: string, base: string): string | undefined {
  try {
    const { href } = new URL(text, from);
    return href.startsWith(base) && /^[/?]/.test(href.slice(base.length)) ? href.slice(base.length) : undefined;
  } catch {
    return undefined;
  }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function positive(name: string, value: unknown): number {
  return typeof value === "number" && value > 0 && value < Infinity ? value : refuse(`${name} is ${show(value)}, a number above 0 is due`);
}
