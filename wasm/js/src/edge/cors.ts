/** Which pages' scripts may call an endpoint and see its answers (the Fetch standard's CORS protocol). */

import { WsbindError } from "../error.js";
import { quote } from "../quote.js";
import { refuse, show } from "../options.js";

/**
 * The origins whose scripts are let in, such as `["https://app.example"]`, or `"*"`
 * for those of all. Pages on the list may also send cookies, for an `authorize` that
 * reads one; with `"*"` browsers send none.
 */
export type CorsOption = readonly string[] | "*";

const methods = "GET, HEAD, POST";
const requestHeaders = "Accept, Authorization, Content-Type, Prefer";
const exposed = "Allow, Retry-After, WWW-Authenticate";

/** Cors is the policy of one endpoint. */
export class Cors {
  readonly #origins: readonly string[];
  readonly #all: boolean;

  constructor(what: string, given: CorsOption | undefined) {
    this.#all = given === "*";
    this.#origins = given === undefined || given === "*" ? [] : checkOrigins(what, given);
  }

  /** The answer to a preflight; undefined for any other request. */
  preflight(request: Request): Response | undefined {
    const { headers } = request;
    const origin = headers.get("Origin");
    if (request.method !== "OPTIONS" || origin === null || !headers.has("Access-Control-Request-Method")) return undefined;
    if (!this.#allows(origin)) throw new WsbindError("origin-refused", `pages of ${quote(origin)} may not call this: it is not among the origins of the option cors`);
    return new Response(null, {
      status: 204,
      headers: {
        "Access-Control-Allow-Methods": methods,
        // What tracing adds, and the like: a header by itself opens nothing here.
        "Access-Control-Allow-Headers": headers.get("Access-Control-Request-Headers") ?? requestHeaders,
        "Access-Control-Max-Age": "600",
        Vary: "Access-Control-Request-Headers",
      },
    });
  }

  /** The answer as the page that asked may see it. */
  open(request: Request, response: Response): Response {
    const origin = request.headers.get("Origin");
    const allowed = origin !== null && this.#allows(origin);
    if (!allowed && this.#origins.length === 0) return response;
    const headers = new Headers(response.headers); // those of a Response that was given may be immutable
    if (!this.#all) headers.append("Vary", "Origin");
    if (allowed) {
      headers.set("Access-Control-Allow-Origin", this.#all ? "*" : origin);
      if (!this.#all) headers.set("Access-Control-Allow-Credentials", "true");
      headers.set("Access-Control-Expose-Headers", exposed);
    }
    const { status, statusText } = response;
    return new Response(response.body, { status, statusText, headers });
  }

  #allows(origin: string): boolean {
    return this.#all || this.#origins.includes(origin);
  }
}

function checkOrigins(what: string, given: unknown): readonly string[] {
  if (!Array.isArray(given)) refuse(`${what}: cors is ${show(given)}, a list of origins or "*" is due`);
  for (const origin of given as unknown[]) {
    if (originOf(origin) !== origin) refuse(`${what}: cors has ${show(origin)}, origins such as "https://app.example" are due, without a path`);
  }
  return [...(given as string[])];
}

function originOf(text: unknown): string | undefined {
  try {
    return new URL(String(text)).origin;
  } catch {
    return undefined;
  }
}
