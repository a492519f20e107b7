/** The front of a deployment: which part answers which request. */

import { checkBase } from "../client/urls.js";
import { WsbindError } from "../error.js";
import { checkFunction, checkOneOf, readOptions, refuse, show } from "../options.js";
import { answered, detailOf, type Endpoint } from "./answer.js";
import { tell, type Observer } from "./observe.js";
import { Proxy, proxyOptionNames, type ProxyOptions } from "./proxy.js";
import { placeOf, segmentsBelow } from "./request.js";

/** What makes a deployment. */
export interface FrontOptions {
  /** The FHIR base as clients see it. */
  readonly base: string;
  /** Answers `$get-ws-binding-token`: what {@link tokenEndpoint} returns. */
  readonly endpoint: Endpoint;
  /** Answers `$status`, `$events` and `$resend`: what {@link statusEndpoint} returns. Without it they are the server's. */
  readonly status?: Endpoint | undefined;
  /** The gate's websocket as clients see it. */
  readonly websocketUrl: string;
  /** Answers at the websocket's path, where a runtime makes websockets of an answer. Default: nobody, see {@link front}. */
  readonly gate?: ((request: Request) => Response | Promise<Response>) | undefined;
  /** The FHIR server; required unless `proxy` is false. */
  readonly upstream?: ProxyOptions | undefined;
  /** False answers everything else below the base by 404, instead of passing it on. Default true. */
  readonly proxy?: boolean | undefined;
  /** Is told of requests that could not be passed on. */
  readonly observe?: Observer | undefined;
}

/** Routes a request; undefined stands for one that came to the websocket, which the adapter opens. */
export type Front = (request: Request) => Promise<Response | undefined>;

const known: readonly (keyof FrontOptions)[] = ["base", "endpoint", "status", "websocketUrl", "gate", "upstream", "proxy", "observe"];

const token = "get-ws-binding-token";
const ofStatus = ["status", "events", "resend"];

/**
 * Makes one handler of the parts of a gate, in front of a FHIR server:
 *
 * | path | answered by |
 * |---|---|
 * | that of `websocketUrl` | `gate`, or the adapter, which is told by `undefined` |
 * | `$get-ws-binding-token` below `base` | `endpoint` |
 * | `Subscription/…/$status`, `$events`, `$resend` | `status`, where it is given |
 * | everything else below `base` | the FHIR server, as the client's own request |
 * | everything else | 404 |
 *
 * What is passed on is streamed both ways. The server gets it without the headers of
 * the connection, with X-Forwarded-Host, -Proto and -Prefix, from which many make
 * the URLs in their answers; Location and Content-Location are rewritten here, bodies
 * are not. Redirects go to the client. Who can reach the server directly, or sends it
 * a batch with `$get-ws-binding-token` in it, gets what the server itself gives.
 */
export function front(options: FrontOptions): Front {
  const given = check(readOptions("front", options, known));
  const base = checkBase(given.base);
  const proxy = makeProxy(given, base);
  return async (request) => {
    if (new URL(request.url).pathname === new URL(given.websocketUrl).pathname) return given.gate?.(request);
    return answered(request, async () => route(request, given, base, proxy), (err, status) => {
      if (status >= 500) tell(given.observe, { event: "request-failed", code: err.code, detail: detailOf(err, request) });
    });
  };
}

function route(request: Request, { endpoint, status }: FrontOptions, base: string, proxy: Proxy | undefined): Promise<Response> {
  const segments = segmentsBelow(request.url, base);
  if (segments === undefined) throw new WsbindError("not-found", `nothing is at this path: ${base} is the FHIR base`);
  const { operation, before } = placeOf(segments);
  if (operation === token) return endpoint(request);
  if (status !== undefined && ofStatus.includes(operation) && before[0] === "Subscription") return status(request);
  if (proxy === undefined) throw new WsbindError("not-found", "nothing is at this path: only the operations of Subscription are answered here");
  return proxy.pass(request, segments);
}

function makeProxy({ proxy = true, upstream }: FrontOptions, base: string): Proxy | undefined {
  if (!proxy) return undefined;
  if (typeof upstream !== "object" || upstream === null) return refuse(`front: upstream is ${show(upstream)}: options with the base of the FHIR server are due, or proxy: false`);
  return new Proxy("front: upstream", readOptions("front: upstream", upstream, proxyOptionNames), base);
}

function check(options: FrontOptions): FrontOptions {
  const { endpoint, websocketUrl, proxy, ...others } = options;
  if (typeof endpoint !== "function") refuse(`front: endpoint is ${show(endpoint)}, what tokenEndpoint() returns is due`);
  for (const name of ["status", "gate", "observe"] as const) checkFunction(`front: ${name}`, others[name] as unknown);
  checkOneOf("front: proxy", proxy, [true, false]);
  try {
    new URL(websocketUrl);
  } catch {
    refuse(`front: websocketUrl is ${show(websocketUrl)}, an absolute ws or wss URL is due`);
  }
  return options;
}
