// A mock server that runs already: nobody's process here.

import { WsbindError } from "../error.js";
import type { Fetch } from "../jwks.js";
import { checkFetch, checkSignal, readOptions, refuse, show } from "../options.js";
import { Management, reasonOf } from "./management.js";
import { checkName, checkSeconds, type TenantOptions } from "./options.js";
import { MockTenant, openTenant, rootOf, type Place, type TemporaryTenant } from "./tenant.js";

/** What `attachMock` may be told. Only `management` is needed. */
export interface AttachMockOptions {
  /** Where the management interface is, such as `http://127.0.0.1:8081`: the origin alone. */
  readonly management: string | URL;
  /** The tenant that the mock's own members are about; default the one without a name. */
  readonly tenant?: string | undefined;
  /** Makes the requests in place of the runtime's `fetch`. It must heed the signal that it is given. */
  readonly fetch?: Fetch | undefined;
  /** Lets the mock go when it is aborted: what is under way ends, and later calls fail with the code `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** How long an answer may take, in seconds; default 30. */
  readonly timeout?: number | undefined;
}

/** The options as they are used. */
interface Settings {
  readonly management: string;
  readonly tenant: string;
  readonly fetch: Fetch;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number | undefined;
}

/**
 * A mock server that somebody else started, and ends. Its own members are about the
 * tenant that `attachMock` was told, or the one without a name;
 * {@link AttachedMock.tenant} makes others.
 */
export class AttachedMock extends MockTenant {
  /**
   * Makes a tenant, or makes one of that name anew: whoever else uses the server sees
   * nothing of it. Without a name it is drawn.
   */
  tenant(name?: string, options: TenantOptions = {}): Promise<TemporaryTenant> {
    return openTenant(this.server, name, options);
  }
}

/**
 * Attaches to a mock server that runs, and resolves when it has answered. In a page
 * as well, where the server allows the page's origin.
 *
 * ```js
 * const mock = await attachMock({ management: "http://127.0.0.1:8081" }) // wsbind serve
 * const tenant = await mock.tenant()
 * const client = new SubscriptionClient({ base: tenant.base("R4") })
 * ```
 *
 * A server that is gone later fails calls with the code `connection-failed`. One that
 * comes back at the same place is the same mock, with nothing in it.
 */
export async function attachMock(options: AttachMockOptions): Promise<AttachedMock> {
  const settings = readSettings(options);
  const server = new AttachedServer(settings);
  const place = await find(server, settings.tenant);
  return new AttachedMock(server, () => place);
}

/** A server that is known by its address alone. */
class AttachedServer extends Management {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    super(settings.timeout);
    this.#settings = settings;
  }

  get management(): string {
    return this.#settings.management;
  }

  get letGo(): AbortSignal | undefined {
    return this.#settings.signal;
  }

  get ended(): boolean {
    return this.letGo?.aborted ?? false;
  }

  async open(path: string, init: RequestInit): Promise<Response> {
    if (this.ended) throw gone();
    return this.#settings.fetch(this.management + path, init);
  }

  async explain(what: string, err: unknown): Promise<WsbindError> {
    if (this.ended) return gone();
    return new WsbindError("connection-failed", `${what} failed: ${reasonOf(err)}. Is wsbind serve running, with its management interface ` +
      `at ${this.management}? If it is a page that asks, does the server allow its origin?`, { cause: err });
  }
}

function gone(): WsbindError {
  return new WsbindError("aborted", "the mock server was let go by its signal: attach to it again");
}

function readSettings(given: AttachMockOptions): Settings {
  const { management, tenant, fetch, signal, timeout } = readOptions("attachMock", given, ["management", "tenant", "fetch", "signal", "timeout"]);
  if (tenant !== undefined) checkName(tenant);
  if (timeout !== undefined) checkSeconds("timeout", timeout);
  return { management: originOf(management), tenant: tenant ?? "", fetch: checkFetch(fetch), signal: checkSignal(signal), timeout };
}

/** originOf refuses what is more than an origin: paths of the interface are this package's to know. */
function originOf(given: string | URL): string {
  const due = "an origin such as http://127.0.0.1:8081 is due";
  if (typeof given !== "string" && !(given instanceof URL)) refuse(`management is ${show(given)}, ${due}`);
  const url = parsed(given, due);
  if (url.protocol !== "http:" && url.protocol !== "https:") refuse(`management is a URL with ${url.protocol}, ${due}`);
  // Not shown: there may be a password in it.
  if (url.href !== `${url.origin}/`) refuse(`management has more than an origin, such as a path, a query or a user: ${due}`);
  return url.origin;
}

function parsed(given: string | URL, due: string): URL {
  try {
    return new URL(given);
  } catch (err) {
    return refuse(`management is a string that is no absolute URL, ${due}`, err);
  }
}

/** find asks where a tenant is. Whatever else may answer at that address is told apart. */
async function find(server: AttachedServer, name: string): Promise<Place> {
  const { base, fhir } = await known(server, `${rootOf(name)}/health`);
  if (typeof base !== "string" || typeof fhir !== "object" || fhir === null) throw stranger(server, "its health does not say where the FHIR bases are");
  const { seed } = (await server.call("GET", `${rootOf(name)}/faults`)) as { seed?: number };
  return { name, base, fhir, seed };
}

/** known asks for what every management interface has. A refusal without issues is none of its own. */
async function known(server: AttachedServer, path: string): Promise<Partial<Place>> {
  try {
    return ((await server.call("GET", path)) ?? {}) as Partial<Place>;
  } catch (err) {
    const foreign = err instanceof WsbindError && !err.issues && ["not-found", "malformed-request", "invalid-json", "too-large"].includes(err.code);
    throw foreign ? stranger(server, err.message) : err;
  }
}

function stranger({ management }: AttachedServer, reason: string): WsbindError {
  return new WsbindError("connection-failed", `what answers at ${management} is not the management interface of wsbind serve, which has an address of its own: ${reason}`);
}
