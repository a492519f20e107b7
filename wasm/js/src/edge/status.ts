/** `$status`, in front of a server that has none; and why there is no `$events`. */

import { isId, checkBase } from "../client/urls.js";
import type { Definition, Release } from "../definition.js";
import { WsbindError } from "../error.js";
import { readClock, systemClock, type Instant } from "../instant.js";
import type { Kit } from "../kit.js";
import { checkFunction, checkOneOf, readOptions, refuse, show } from "../options.js";
import { quote } from "../quote.js";
import { answered, detailOf, head, invalid, resource, type Endpoint } from "./answer.js";
import type { SubscriptionFacts } from "./core.js";
import { Cors, type CorsOption } from "./cors.js";
import { negotiate } from "./media.js";
import { tell, type Observer } from "./observe.js";
import { checkMethod, contractOf, invoked, type Contract } from "./operation.js";
import { SubscriptionReader, readOptionNames, type UpstreamReadOptions } from "./reader.js";
import { MAX_BODY, placeOf, readCall, segmentsBelow, type Call } from "./request.js";
import { idParameter } from "./resolve.js";
import type { GateStore } from "./store/store.js";

/** How `$status` is answered. */
export interface StatusEndpointOptions {
  /** The release of FHIR that is spoken here. */
  readonly fhir: Release;
  /** The FHIR base as clients see it. */
  readonly base: string;
  /** How the FHIR server is read, with the caller's own Authorization. */
  readonly upstream: UpstreamReadOptions;
  /** Where the gate counts events. */
  readonly store: GateStore;
  /** The operation, default the built-in definition of the release. */
  readonly definition?: Definition | undefined;
  /** Whose pages may call; default none. */
  readonly cors?: CorsOption | undefined;
  /** Bytes of a request's body, default 1,048,576. */
  readonly maxBody?: number | undefined;
  /** Is told of failures that are not the caller's. */
  readonly observe?: Observer | undefined;
  /** The time in seconds since 1970, default the system's. */
  readonly now?: (() => Instant) | undefined;
  /** Names a status, default `crypto.randomUUID()`. */
  readonly ids?: (() => string) | undefined;
  /** The kit whose module decides, default that of `load`. */
  readonly kit?: Kit | undefined;
}

const known: readonly (keyof StatusEndpointOptions)[] = ["fhir", "base", "upstream", "store", "definition", "cors", "maxBody", "observe", "now", "ids", "kit"];

/** Subscriptions that one request may name. */
const MAX_IDS = 1000;

/** Operations that a gate cannot answer: it keeps no events. */
const absent = ["events", "resend"];

const statuses: Readonly<Record<Release, readonly string[]>> = {
  R4: ["requested", "active", "error", "off"],
  R4B: ["requested", "active", "error", "off"],
  R5: ["requested", "active", "error", "off", "entered-in-error"],
};

/**
 * Makes the endpoint of `$status`, for a gate in front of a server that has no such
 * operation. It reads the Subscriptions from the server with the caller's own
 * Authorization, and the counters from the gate's store. At the type level those that
 * the caller does not have are left out, and so are those that are not for a
 * websocket, whose events nobody counts here.
 *
 * `$events` and `$resend` it answers by 404 `unknown-operation`, and says why.
 */
export function statusEndpoint(options: StatusEndpointOptions): Endpoint {
  const endpoint = new StatusEndpoint(options);
  return (request) => endpoint.answer(request);
}

class StatusEndpoint {
  readonly #options: StatusEndpointOptions;
  readonly #base: string;
  readonly #cors: Cors;
  readonly #contract: () => Promise<Contract>;
  readonly #reader: SubscriptionReader;

  constructor(options: StatusEndpointOptions) {
    this.#options = check(readOptions("statusEndpoint", options, known));
    const { base, cors, fhir, upstream } = this.#options;
    this.#base = checkBase(base);
    this.#cors = new Cors("statusEndpoint", cors);
    this.#contract = contractOf(this.#options, "status");
    const read = readOptions("statusEndpoint: upstream", upstream, readOptionNames);
    this.#reader = new SubscriptionReader("statusEndpoint: upstream", { ...read, publicBase: read.publicBase ?? base }, fhir, async () => (await this.#contract()).core);
  }

  async answer(request: Request): Promise<Response> {
    const response = await answered(request, async () => this.#cors.preflight(request) ?? this.#serve(request), (err, status) => {
      const event = err.code === "store-unavailable" ? "store-failed" : "request-failed";
      if (status >= 500) tell(this.#options.observe, { event, code: err.code, detail: detailOf(err, request) });
    });
    return this.#cors.open(request, response);
  }

  async #serve(request: Request): Promise<Response> {
    const { fhir, maxBody = MAX_BODY } = this.#options;
    const segments = segmentsBelow(request.url, this.#base);
    if (segments === undefined) throw new WsbindError("not-found", `nothing is at this path: ${this.#base} is the FHIR base`);
    negotiate(request, fhir);
    const place = placeOf(segments);
    if (absent.includes(place.operation)) {
      throw new WsbindError("unknown-operation", `$${place.operation} is absent behind this gate, which counts events and keeps none: ` +
        "what is missed while nothing is bound is lost, so read the resources themselves after a gap");
    }
    const contract = await this.#contract();
    const offer = { base: this.#base, fhir, definition: contract.definition };
    const where = invoked(offer, place);
    checkMethod(offer, where.level, request.method);
    const call = await readCall(request, where, contract.definition, { fhir, maxBody });
    const found = await this.#chosen(contract, call, request);
    const body = await this.#write(contract, found, request);
    return request.method === "HEAD" ? head(request) : resource(request, 200, body);
  }

  /** The Subscriptions that a call asks for and its caller has. */
  async #chosen({ kit, definition }: Contract, { level, id, document, isQuery }: Call, request: Request): Promise<SubscriptionFacts[]> {
    const { fhir } = this.#options;
    const text = document === "" ? '{"resourceType":"Parameters"}' : document;
    const query = isQuery && document !== "";
    const { valid, issues } = kit.validateRequest(text, { fhir, level, definition, query });
    if (!valid) throw invalid(issues, isQuery);
    const wanted = values(text, query, "status");
    for (const status of wanted) {
      if (!statuses[fhir].includes(status)) throw new WsbindError("invalid-query", `${quote(status)} is no status of a Subscription in ${fhir}`, { expression: "Parameters.parameter.where(name='status')" });
    }
    const found = await this.#found(id, [...new Set(values(text, query, "id"))], wanted, request);
    return found.filter(({ status }) => wanted.length === 0 || wanted.includes(status));
  }

  async #found(id: string | undefined, ids: readonly string[], wanted: readonly string[], request: Request): Promise<SubscriptionFacts[]> {
    if (id !== undefined) {
      if (!isId(id)) throw new WsbindError("not-found", `there is no Subscription ${quote(id)}`);
      return [counted(await this.#reader.read(id, request))];
    }
    if (ids.length > MAX_IDS) throw new WsbindError("too-many-parameters", `parameter "id": ${ids.length} values, at most ${MAX_IDS} allowed`, { expression: idParameter });
    const found = ids.length === 0
      ? await this.#reader.search(wanted, request)
      : await this.#reader.each(ids.filter(isId), (one) => this.#reader.read(one, request).catch(unlessAbsent));
    return found.filter((facts): facts is SubscriptionFacts => facts?.channel === "websocket");
  }

  async #write({ core }: Contract, found: readonly SubscriptionFacts[], request: Request): Promise<string> {
    const { fhir, store, now = systemClock, ids = () => crypto.randomUUID() } = this.#options;
    const counts = await this.#reader.each(found.map(({ id }) => id), (id) => store.count(`events.${id}`).catch(unavailable));
    const { pathname, search } = new URL(request.url);
    return core.writeStatuses({
      fhir, base: this.#base,
      self: this.#base + pathname.slice(new URL(this.#base).pathname.replace(/\/$/, "").length) + search,
      timestamp: new Date(readClock(now) * 1000).toISOString(),
      statuses: found.map(({ id, status, topic }, i) => ({ id: ids(), subscription: id, status, topic, eventsSinceSubscriptionStart: counts[i]! })),
    });
  }
}

/** Refuses a Subscription whose events nobody counts here. */
function counted(facts: SubscriptionFacts): SubscriptionFacts {
  if (facts.channel === "websocket") return facts;
  throw new WsbindError("unsupported-channel", `Subscription ${facts.id} has the channel ${show(facts.channel)}: events are counted here for websockets only`);
}

/** Lets one that the caller does not have be left out. */
function unlessAbsent(err: unknown): undefined {
  if (err instanceof WsbindError && ["not-found", "gone", "forbidden"].includes(err.code)) return undefined;
  throw err;
}

function unavailable(err: unknown): never {
  throw new WsbindError("store-unavailable", "the gate's store cannot be reached: ask again later", { cause: err });
}

/** The values of a parameter, in a request that was found valid. */
function values(document: string | Uint8Array, query: boolean, name: string): string[] {
  const text = typeof document === "string" ? document : new TextDecoder().decode(document);
  if (query) return new URLSearchParams(text).getAll(name);
  const { parameter = [] } = JSON.parse(text) as { parameter?: { name: string; valueId?: string; valueCode?: string }[] };
  return parameter.filter((one) => one.name === name).flatMap(({ valueId, valueCode }) => valueId ?? valueCode ?? []);
}

function check(options: StatusEndpointOptions): StatusEndpointOptions {
  const { fhir, upstream, store, maxBody = MAX_BODY, observe, now, ids } = options;
  const what = "statusEndpoint";
  if (fhir === undefined) refuse(`${what}: fhir is undefined, one of R4, R4B, R5 is due`);
  checkOneOf(`${what}: fhir`, fhir, ["R4", "R4B", "R5"]);
  if (typeof upstream !== "object" || upstream === null) refuse(`${what}: upstream is ${show(upstream)}, options with the base of the FHIR server are due`);
  if (typeof store?.count !== "function") refuse(`${what}: store is ${show(store)}, a GateStore is due`);
  for (const [name, given] of Object.entries({ observe, now, ids })) checkFunction(`${what}: ${name}`, given);
  if (!Number.isInteger(maxBody) || maxBody < 1) refuse(`${what}: maxBody is ${show(maxBody)}, a number of bytes is due`);
  return options;
}
