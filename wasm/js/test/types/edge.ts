// A deployment of the gate, as tsc sees the packed package. Nothing here is run.

import {
  bindGate, cloudflareKV, durableObjectStore, front, GateStoreObject, memoryStore, natsStore, redisStore, statusEndpoint, tokenEndpoint, upstreamCaller, upstreamResolver,
  type Authorize, type BindGateOptions, type Bound, type Channel, type ChannelListener, type ClientPort, type ClientSession, type Content, type DurableResponse, type DurableStub, type Endpoint, type Front, type Gate,
  type GateEvent, type GateStore, type Grant, type KVListing, type KVNamespace, type NatsBucket, type NatsConnection, type ObjectState, type Omitted, type RedisClient, type Resolve, type Revocation, type RevocationPage, type Upstream, type UpstreamOptions,
} from "wsbind/edge";
import { issuer, load, verifier, WsbindError, type ClientClock, type Code, type CryptoKey } from "wsbind";

const { publicKey, privateKey } = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])) as { publicKey: CryptoKey; privateKey: CryptoKey };
const [base, websocketUrl] = ["https://gate.example/fhir", "wss://gate.example/ws"];
const server = { base: "https://fhir.example/R4", fhir: "R4" } as const;
const clock: ClientClock = { now: () => 0, setTimeout: (callback, ms) => setTimeout(callback, ms), clearTimeout: () => {} };
const observe = ({ event, code, detail, socket, jti, kid, subscriptions }: GateEvent): void =>
  console.log(event, code satisfies Code | undefined, detail?.length, socket?.toFixed(), jti, kid, subscriptions?.[0]);

// REST
const endpoint: Endpoint = tokenEndpoint({
  issuer: issuer({ key: privateKey, algorithm: "ES256", kid: "1" }), fhir: "R4", base, websocketUrl,
  authorize: upstreamCaller(), resolve: upstreamResolver({ ...server, content: ["empty"] }), cors: ["https://app.example"], lifetime: 60, now: () => new Date(), observe,
});
const authorize: Authorize = async (request) => {
  const who = request.headers.get("x-user");
  if (who === "") throw new WsbindError("login-required", "no user");
  return who === null ? Response.redirect("https://login.example", 303) : { caller: who };
};
const resolve: Resolve = async (caller, ids, request) => ids ?? [caller, request.url];
tokenEndpoint({ issuer: issuer({ key: privateKey }), fhir: "R5", base, websocketUrl, authorize, resolve, noIds: "all", cors: "*", kit: await load(), now: () => 1767355200 });

// What is remembered. The clients are as small as may be: those of the platforms fit as well.
declare const kv: KVNamespace, bucket: NatsBucket, connection: NatsConnection, state: ObjectState;
const smallKV: KVNamespace = { get: async () => null, put: async (_key, _value, { expirationTtl }) => void expirationTtl, list: async ({ prefix }): Promise<KVListing> => ({ keys: [{ name: prefix }], list_complete: true }) };
const redis: RedisClient = { sendCommand: async ([name, ...args]) => args.length > 0 && name };
const stub: DurableStub = { fetch: async (url, init): Promise<DurableResponse> => new Response(init?.body ?? url) };
const stores: GateStore[] = [
  memoryStore(), memoryStore(clock), cloudflareKV(kv), cloudflareKV(smallKV, { prefix: "a:", timeout: 1 }), durableObjectStore(stub), durableObjectStore(() => stub, { clock }),
  natsStore({ connection, tokens: bucket, counters: bucket }), redisStore(redis), redisStore(redis, { subscriber: redis, prefix: "a:" }),
];
export class Store extends GateStoreObject {
  protected override now(): number {
    return 0;
  }
}
const answer: Promise<Response> = new Store(state, {}).fetch(new Request("https://store.example"));
const page: RevocationPage = await stores[0]!.revoked();
const again: RevocationPage = await stores[0]!.revoked(page.cursor);

// The websocket
const upstream: UpstreamOptions = { dialect: "medplum", ...server, headers: { authorization: "Bearer secret" } };
const options: BindGateOptions = {
  verifier: verifier({ keys: publicKey, algorithms: ["ES256"], issuer: base, audience: websocketUrl }),
  websocketUrl, upstream, origins: ["https://app.example"], replay: "shared", store: stores[0], check: "annotate", limits: { maxQueue: 1024 }, observe, clock,
};
const gate: Gate = bindGate(options);
const port: ClientPort = { send: (text) => void text.length, close: (code, reason) => void [code.toFixed(), reason.length], buffered: undefined };
const session: ClientSession = gate.accept(port);
session.frame("bind-with-token a.b.c");
session.frame(null);
session.closed();
const revocation: Revocation = { subject: "caller-1" };
const ended: number = await gate.revoke(revocation);
await gate.revoke({ jti: "1" });
await gate.revoke({ subscription: "s1" });

// What stands for a FHIR server
const channel = (listener: ChannelListener): Channel => ({
  bind: async ({ claims, ids }: Grant): Promise<Bound> => {
    listener.notification("{}", ids[0]);
    const omitted: Omitted[] = ids.slice(1).map((id) => ({ id, error: new WsbindError("unknown-subscription", claims.iss) }));
    return { ids, omitted };
  },
  unbind: () => {},
  close: () => {},
});
const own: Upstream = { open: channel, close: () => {} };
bindGate({ ...options, upstream: own, fhir: "R5" });

// One handler of all
const content: Content = "id-only";
const handle: Front = front({ base, endpoint, websocketUrl, upstream: { base: server.base }, status: statusEndpoint({ fhir: "R4", base, upstream: server, store: memoryStore() }) });
const response: Response | undefined = await handle(new Request(base));

// @ts-expect-error: there is no such dialect
bindGate({ ...options, upstream: { ...upstream, dialect: "hapi" } });
// @ts-expect-error: misspelt
bindGate({ ...options, orgins: [] });
// @ts-expect-error: an endpoint has to know who calls
tokenEndpoint({ issuer: issuer({ key: privateKey }), fhir: "R4", base, websocketUrl, resolve });
// @ts-expect-error: limits are not to be changed
gate.limits.maxFrame = 1;
// @ts-expect-error: a store that can push says when it cannot any more
const deaf: GateStore = { ...memoryStore(), watch: async (tell: (text: string) => void) => tell("") };

export { again, answer, content, deaf, ended, response };
