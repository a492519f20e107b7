/** The token endpoint: `$get-ws-binding-token`, in front of a server that need not have it. */

import { checkBase, isId } from "../client/urls.js";
import type { Definition, Release } from "../definition.js";
import { WsbindError } from "../error.js";
import { readClock, systemClock, type Instant } from "../instant.js";
import type { Issuer } from "../issuer.js";
import { Kit } from "../kit.js";
import { checkFunction, checkOneOf, readOptions, refuse, show } from "../options.js";
import { answered, detailOf, head, invalid, resource, withoutExpression, type Endpoint } from "./answer.js";
import { callerOf, provesNothing, type Authorize } from "./caller.js";
import { Cors, type CorsOption } from "./cors.js";
import { negotiate } from "./media.js";
import { tell, type Observer } from "./observe.js";
import { checkMethod, contractOf, invoked, type Contract } from "./operation.js";
import { MAX_BODY, placeOf, readCall, segmentsBelow, type Call } from "./request.js";
import { asksUpstream, idParameter, type Resolve } from "./resolve.js";

/** How tokens are given out. */
export interface TokenEndpointOptions {
  /** Signs the tokens. */
  readonly issuer: Issuer;
  /** The release of FHIR that is spoken here. */
  readonly fhir: Release;
  /** The FHIR base as clients see it: the tokens' `iss`, and what the paths of requests begin with. */
  readonly base: string;
  /** The gate's websocket as clients see it: the answer's `websocket-url` and the tokens' `aud`. */
  readonly websocketUrl: string;
  /** Says who calls. */
  readonly authorize: Authorize;
  /** Says which Subscriptions the caller may bind. */
  readonly resolve: Resolve;
  /** What a request at the type level gets that names no Subscription: `fail` (the default) or a token for `all` that the caller may bind. */
  readonly noIds?: "fail" | "all" | undefined;
  /** How long a token is good, in seconds, 1 to 86,400; default 300. */
  readonly lifetime?: number | undefined;
  /** The operation, default the built-in definition of the release. */
  readonly definition?: Definition | undefined;
  /** True takes GET also where the definition rules it out, as R5's does, whose own example is a GET. Default false. */
  readonly lenientGet?: boolean | undefined;
  /** Whose pages may call; default none. */
  readonly cors?: CorsOption | undefined;
  /** Bytes of a request's body, default 1,048,576. */
  readonly maxBody?: number | undefined;
  /** Is told of every token, and of every request that got none. */
  readonly observe?: Observer | undefined;
  /** The time in seconds since 1970, default the system's. */
  readonly now?: (() => Instant) | undefined;
  /** Names a token, default `crypto.randomUUID()`. */
  readonly ids?: (() => string) | undefined;
  /** The kit whose module decides, default that of `load`. */
  readonly kit?: Kit | undefined;
}

const known: readonly (keyof TokenEndpointOptions)[] = [
  "issuer", "fhir", "base", "websocketUrl", "authorize", "resolve", "noIds", "lifetime", "definition",
  "lenientGet", "cors", "maxBody", "observe", "now", "ids", "kit",
];

/** Subscriptions of one token. */
const MAX_SUBSCRIPTIONS = 1000;

/**
 * Makes the endpoint of `$get-ws-binding-token`, at the type and the instance level,
 * by the methods, parameters and cardinalities of its definition.
 *
 * ```js
 * const endpoint = tokenEndpoint({
 *   issuer: issuer({ key }), fhir: "R4",
 *   base: "https://gate.example/fhir", websocketUrl: "wss://gate.example/ws",
 *   authorize: upstreamCaller(), resolve: upstreamResolver({ base: "https://fhir.example/R4", fhir: "R4" }),
 * })
 * const response = await endpoint(request)
 * ```
 *
 * The path is compared with that of `base`, whatever the host; every other path is
 * answered 404. One Subscription that may not be bound, and no token is issued. A
 * request is answered with FHIR's status codes and an OperationOutcome, and nothing
 * in it may be cached. HEAD runs every check and issues nothing.
 */
export function tokenEndpoint(options: TokenEndpointOptions): Endpoint {
  const endpoint = new TokenEndpoint(options);
  return (request) => endpoint.answer(request);
}

class TokenEndpoint {
  readonly #options: TokenEndpointOptions;
  readonly #base: string;
  readonly #cors: Cors;
  readonly #contract: () => Promise<Contract>;

  constructor(options: TokenEndpointOptions) {
    this.#options = check(readOptions("tokenEndpoint", options, known));
    this.#base = checkBase(this.#options.base);
    checkWebsocket(this.#options.websocketUrl, this.#base);
    this.#cors = new Cors("tokenEndpoint", this.#options.cors);
    this.#contract = contractOf(this.#options, "get-ws-binding-token");
  }

  async answer(request: Request): Promise<Response> {
    const response = await answered(request, async () => this.#cors.preflight(request) ?? this.#serve(request), (err) =>
      tell(this.#options.observe, { event: "token-refused", code: err.code, detail: detailOf(err, request) }));
    return this.#cors.open(request, response);
  }

  async #serve(request: Request): Promise<Response> {
    const { fhir, lenientGet, authorize, maxBody = MAX_BODY } = this.#options;
    const segments = segmentsBelow(request.url, this.#base);
    if (segments === undefined) throw new WsbindError("not-found", `nothing is at this path: ${this.#base} is the FHIR base`);
    negotiate(request, fhir);
    const contract = await this.#contract();
    const offer = { base: this.#base, fhir, definition: contract.definition, lenientGet };
    const where = invoked(offer, placeOf(segments));
    checkMethod(offer, where.level, request.method);
    const caller = await callerOf(authorize, request);
    if (typeof caller !== "string") {
      tell(this.#options.observe, { event: "token-refused", detail: `authorize answered ${caller.status}` });
      return caller;
    }
    const call = await readCall(request, where, contract.definition, { fhir, maxBody });
    const subscriptions = await this.#resolve(caller, this.#named(contract, call), call, request);
    if (request.method === "HEAD") return head(request);
    return resource(request, 200, await this.#issue(contract, call, caller, subscriptions));
  }

  /** The ids that a call names; undefined stands for all. */
  #named({ core, definition }: Contract, { level, id, document, isQuery }: Call): readonly string[] | undefined {
    const { fhir, noIds = "fail" } = this.#options;
    const { valid, issues, ids = [] } = core.readRequest(document, { fhir, level, definition, query: isQuery });
    if (!valid) throw invalid(issues, isQuery);
    if (id !== undefined) {
      if (!isId(id)) throw new WsbindError("not-found", `there is no Subscription ${show(id)}`);
      return [id]; // "At the Instance level, this parameter is ignored"
    }
    if (ids.length > MAX_SUBSCRIPTIONS) {
      throw new WsbindError("too-many-parameters", `parameter "id": ${ids.length} values, at most ${MAX_SUBSCRIPTIONS} allowed in one token`, { expression: idParameter });
    }
    if (ids.length > 0) return ids;
    if (noIds === "all") return undefined;
    throw new WsbindError("missing-parameter", 'parameter "id": 0 values, at least 1 is needed here: name the Subscriptions to bind', { expression: "Parameters" });
  }

  async #resolve(caller: string, named: readonly string[] | undefined, { level }: Call, request: Request): Promise<readonly string[]> {
    let resolved: readonly string[];
    try {
      resolved = checkResolved(await this.#options.resolve(caller, named && [...named], request), named);
    } catch (err) {
      throw level === "instance" && err instanceof WsbindError ? withoutExpression(err) : err;
    }
    if (resolved.length === 0) throw new WsbindError("no-subscriptions", "the caller has no Subscription that a token could cover: create one, or name one");
    if (resolved.length > MAX_SUBSCRIPTIONS) {
      throw new WsbindError("too-many-parameters", `${resolved.length} Subscriptions, at most ${MAX_SUBSCRIPTIONS} fit in one token: name those to bind`);
    }
    return resolved;
  }

  async #issue({ core, definition }: Contract, { level }: Call, caller: string, subscription: readonly string[]): Promise<string> {
    const { fhir, websocketUrl, lifetime = 300, now = systemClock, ids = () => crypto.randomUUID() } = this.#options;
    const iat = Math.floor(readClock(now));
    const claims = { iss: this.#base, aud: websocketUrl, sub: caller, iat, nbf: iat, exp: iat + lifetime, jti: ids(), subscription, fhir };
    const token = await this.#sign(claims, subscription.length);
    const body = core.writeResponse({ token, expiration: claims.exp, subscriptions: subscription, websocketUrl }, { fhir, level, definition });
    tell(this.#options.observe, { event: "token-issued", jti: claims.jti, kid: kidOf(token), subscriptions: subscription });
    return body;
  }

  async #sign(claims: Parameters<Issuer["issue"]>[0], count: number): Promise<string> {
    try {
      return await this.#options.issuer.issue(claims);
    } catch (err) {
      if (!(err instanceof WsbindError) || err.code !== "token-too-large") throw asIssuing(err);
      throw new WsbindError("too-many-parameters", `the ids of ${count} Subscriptions make too large a token: name fewer`, { cause: err });
    }
  }
}

/** What a signer complains of is no fault of the caller's. */
function asIssuing(thrown: unknown): WsbindError {
  const code = thrown instanceof WsbindError && thrown.code === "signing-failed" ? "signing-failed" : "internal";
  return new WsbindError(code, "no token could be signed", { cause: thrown });
}

/** Holds a resolver to what it is asked: one id that it leaves out, and no token is issued. */
function checkResolved(resolved: unknown, named: readonly string[] | undefined): readonly string[] {
  if (!Array.isArray(resolved)) throw new TypeError(`resolve returned ${show(resolved)}: a list of ids is due`);
  const ids = [...new Set(resolved as unknown[])];
  const odd = ids.find((id) => typeof id !== "string" || !isId(id) || (named !== undefined && !named.includes(id)));
  if (odd !== undefined) throw new TypeError(`resolve returned ${show(odd)}, which is no id, or was not asked for`);
  const missing = named?.findIndex((id) => !ids.includes(id)) ?? -1;
  if (missing >= 0) throw new WsbindError("not-found", `there is no Subscription ${show(named![missing])}`, { expression: `${idParameter}[${missing}]` });
  return named ?? (ids as string[]);
}

/** The kid in a token's header, for the log. */
function kidOf(token: string): string | undefined {
  try {
    const text = atob(token.slice(0, token.indexOf(".")).replaceAll("-", "+").replaceAll("_", "/"));
    return (JSON.parse(text) as { kid?: string }).kid;
  } catch {
    return undefined; // of a signer that makes other tokens
  }
}

function check(options: TokenEndpointOptions): TokenEndpointOptions {
  const { issuer, fhir, authorize, resolve, noIds, lifetime = 300, definition, lenientGet, maxBody = MAX_BODY, observe, now, ids, kit } = options;
  const what = "tokenEndpoint";
  if (typeof issuer?.issue !== "function") refuse(`${what}: issuer is ${show(issuer)}, what issuer() returns is due`);
  if (fhir === undefined) refuse(`${what}: fhir is undefined, one of R4, R4B, R5 is due`);
  checkOneOf(`${what}: fhir`, fhir, ["R4", "R4B", "R5"]);
  checkOneOf(`${what}: noIds`, noIds, ["fail", "all"]);
  checkOneOf(`${what}: lenientGet`, lenientGet, [true, false]);
  for (const [name, given] of Object.entries({ authorize, resolve })) {
    if (typeof given !== "function") refuse(`${what}: ${name} is ${show(given)}, a function is due`);
  }
  for (const [name, given] of Object.entries({ observe, now, ids })) checkFunction(`${what}: ${name}`, given);
  if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > 86400) refuse(`${what}: lifetime is ${show(lifetime)}, 1 to 86400 whole seconds are due`);
  if (!Number.isInteger(maxBody) || maxBody < 1) refuse(`${what}: maxBody is ${show(maxBody)}, a number of bytes is due`);
  if (kit !== undefined && !(kit instanceof Kit)) refuse(`${what}: kit is ${show(kit)}, what load() resolves to is due`);
  if (definition !== undefined && typeof definition?.methods !== "object") refuse(`${what}: definition is ${show(definition)}, what kit.define() returns is due`);
  if (provesNothing(authorize) && !asksUpstream(resolve)) {
    refuse(`${what}: upstreamCaller() checks no credential, and this resolve is not upstreamResolver's, which would: give an authorize that does`);
  }
  return options;
}

/** Refuses a websocket that would show tokens to the network where the FHIR base does not. */
function checkWebsocket(given: unknown, base: string): void {
  let url: URL;
  try {
    url = new URL(String(given));
  } catch {
    return refuse(`tokenEndpoint: websocketUrl is ${show(given)}, an absolute ws or wss URL is due`);
  }
  if (typeof given !== "string" || !/^wss?:$/.test(url.protocol)) refuse(`tokenEndpoint: websocketUrl is ${show(given)}, a ws or wss URL is due`);
  if (url.username !== "" || url.password !== "" || url.hash !== "") refuse("tokenEndpoint: websocketUrl has a user name, password or fragment in it: every client is told it, leave them out");
  if (url.protocol === "ws:" && base.startsWith("https:")) refuse(`tokenEndpoint: websocketUrl is ${show(given)} and base is https: tokens would be sent in the clear, give a wss URL`);
}
