/** Everything else goes to the FHIR server: a reverse proxy of one base for another. */

import { Alarm, systemClock, type Clock } from "../client/clock.js";
import { checkBase } from "../client/urls.js";
import { WsbindError } from "../error.js";
import type { Fetch } from "../jwks.js";
import { checkFetch, refuse, show } from "../options.js";

/** Where requests are passed on to. */
export interface ProxyOptions {
  /** The server's FHIR base, as the gate reaches it. */
  readonly base: string;
  /** How long the server may take until its answer begins, in seconds; default 60. */
  readonly timeout?: number | undefined;
  /** The address of the client, as the runtime knows it, for X-Forwarded-For. Default: none is sent, since what a client says of itself proves nothing. */
  readonly clientAddress?: ((request: Request) => string | undefined) | undefined;
  /** What makes requests, default the runtime's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Default the system's. */
  readonly clock?: Clock | undefined;
}

/** The names of these options. */
export const proxyOptionNames = ["base", "timeout", "clientAddress", "fetch", "clock"] as const;

/** Headers that concern one connection (RFC 9110, 7.6.1), and are not passed on. */
const hopByHop = ["Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade"];

/** What a client says of how it came here; the server is told what the gate knows. */
const forwarded = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Real-IP"];

/** Proxy passes requests below one base on to another. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #public: URL;
  readonly #base: string;
  readonly #fetch: Fetch;

  constructor(what: string, options: ProxyOptions, publicBase: string) {
    this.#options = options;
    this.#public = new URL(publicBase);
    this.#base = checkBase(options.base);
    this.#fetch = checkFetch(options.fetch);
    const { timeout = 60, clientAddress } = options;
    if (typeof timeout !== "number" || !(timeout > 0)) refuse(`${what}: timeout is ${show(timeout)}, a number of seconds above 0 is due`);
    if (clientAddress !== undefined && typeof clientAddress !== "function") refuse(`${what}: clientAddress is ${show(clientAddress)}, a function is due`);
  }

  /** Passes a request on, whose path is below the public base, and its answer back. Bodies are streamed, and not looked into. */
  async pass(request: Request, segments: readonly string[]): Promise<Response> {
    checkSegments(segments);
    const { pathname, search } = new URL(request.url);
    const url = this.#base + pathname.slice(this.#root.length) + search;
    const { method, body } = request;
    const init: RequestInit & { duplex?: "half" } = { method, headers: this.#headers(request), redirect: "manual" };
    if (body) Object.assign(init, { body, duplex: "half" });
    const response = await this.#timed(request, (signal) => this.#fetch(url, { ...init, signal }));
    return new Response(hasBody(response) ? response.body : null, { status: response.status, statusText: response.statusText, headers: this.#answered(response, url) });
  }

  get #root(): string {
    return this.#public.pathname.replace(/\/+$/, "");
  }

  #headers(request: Request): Headers {
    const headers = withoutHops(request.headers);
    for (const name of ["Host", ...forwarded]) headers.delete(name);
    // The runtime would undo a coding, and say so to nobody.
    headers.set("Accept-Encoding", "identity");
    headers.set("X-Forwarded-Host", this.#public.host);
    headers.set("X-Forwarded-Proto", this.#public.protocol.slice(0, -1));
    if (this.#root !== "") headers.set("X-Forwarded-Prefix", this.#root);
    const address = this.#options.clientAddress?.(request);
    if (address) headers.set("X-Forwarded-For", address);
    return headers;
  }

  #answered({ headers: given }: Response, url: string): Headers {
    const headers = withoutHops(given);
    if (headers.has("Content-Encoding")) for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
    for (const name of ["Location", "Content-Location"]) {
      const place = headers.get(name);
      if (place !== null) headers.set(name, this.#rewritten(place, url));
    }
    return headers;
  }

  /** A URL below the server's base as clients know it; any other as it is. */
  #rewritten(place: string, from: string): string {
    try {
      const { href } = new URL(place, from);
      const rest = href.slice(this.#base.length);
      return href.startsWith(this.#base) && /^([/?#]|$)/.test(rest) ? this.#public.origin + this.#root + rest : place;
    } catch {
      return place;
    }
  }

  /** Bounds the time until an answer begins; how long its body takes is between client and server. */
  async #timed({ signal }: Request, work: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
    const { timeout = 60, clock = systemClock } = this.#options;
    const controller = new AbortController();
    let late!: (err: WsbindError) => void;
    const stopped = new Promise<never>((_, reject) => { late = reject; });
    const stop = (err: WsbindError): void => { late(err); controller.abort(); };
    const alarm = new Alarm(clock, () => stop(new WsbindError("upstream-unavailable", `the FHIR server did not answer within ${timeout} s`)));
    signal?.addEventListener("abort", () => stop(new WsbindError("aborted", "nobody waits for the answer any more")));
    alarm.set(timeout * 1000);
    try {
      return await Promise.race([work(controller.signal), stopped]);
    } catch (err) {
      throw err instanceof WsbindError ? err : new WsbindError("upstream-unavailable", "the FHIR server cannot be reached: ask again later", { cause: err });
    } finally {
      alarm.stop();
    }
  }
}

/** Refuses what the server might read as another path than the one that was compared here. */
function checkSegments(segments: readonly string[]): void {
  if (!segments.some((segment) => segment === "." || segment === ".." || /[/\\\0]/.test(segment))) return;
  throw new WsbindError("malformed-request", "the path has an escaped slash or dots in it, which no FHIR path has");
}

function withoutHops(given: Headers): Headers {
  const headers = new Headers(given);
  const named = (given.get("Connection") ?? "").split(",").map((name) => name.trim());
  for (const name of [...hopByHop, ...named]) if (/^[\w!#$%&'*+\-.^`|~]+$/.test(name)) headers.delete(name);
  return headers;
}

/** A body where there must be none is an error of `Response`. */
function hasBody({ status }: Response): boolean {
  return ![101, 204, 205, 304].includes(status);
}
