// A consumer of the client, as tsc sees the packed package. Nothing here is run.

import {
  ClientEvent, EventTracker, SubscriptionClient, SubscriptionSteps, websocketSubscription, WsbindError,
  type BindingResponse, type NotificationVerdict, type Resource, type Sighted, type StepsState, type SubscriptionFilter, type SubscriptionStepsOptions, type WebsocketSubscriptionOptions,
  type ClientClock, type ClientState, type Code, type EventRange, type NotificationEvent, type NotificationIterator, type ReceivedNotification, type SubscriptionClientOptions, type WebSocketConstructor,
} from "wsbind";

const clock: ClientClock = { now: () => 0, setTimeout: (callback, ms) => setTimeout(callback, ms), clearTimeout: () => {} };
const options: SubscriptionClientOptions = {
  base: new URL("https://example.org/fhir/R4"), fhir: "R4", subscriptions: ["1"], seen: { 1: 12n, 2: "12", 3: 12 }, start: "beginning",
  fetch, clock, random: Math.random, signal: new AbortController().signal, tolerate: ["missing-request"],
  headers: async ({ call, refused }) => ({ Authorization: refused ? call : "Bearer token" }),
};
new SubscriptionClient({ base: "https://example.org/fhir", headers: { Authorization: "Bearer token" } });
new SubscriptionClient({ base: "https://example.org/fhir", headers: new Headers() });
new SubscriptionClient({ base: "https://example.org/fhir", fhir: undefined, kit: undefined });

// Whatever the runtime has, and what the package ws exports.
declare const Native: typeof globalThis extends { WebSocket: infer T } ? T : WebSocketConstructor;
declare class Ws {
  constructor(address: null);
  constructor(address: string | URL, options?: { maxPayload?: number });
  readonly readyState: 0 | 1 | 2 | 3;
  send(data: string | ArrayBuffer, done?: (err?: Error) => void): void;
  close(code?: number, data?: string | ArrayBuffer): void;
  addEventListener<K extends keyof WsEvents>(type: K, listener: ((event: WsEvents[K]) => void) | { handleEvent(event: WsEvents[K]): void }): void;
}
interface WsEvents { open: { type: string }; message: { type: string; data: string | ArrayBuffer }; close: { type: string; code: number; reason: string }; error: { type: string; message: string } }
new SubscriptionClient({ base: "https://example.org/fhir", WebSocket: Native });
new SubscriptionClient({ base: "https://example.org/fhir", WebSocket: Ws });

const client = new SubscriptionClient(options);
client.addEventListener("notification", ({ detail }) => detail.events.map((event) => event.focus?.url));
client.addEventListener("problem", ({ detail }) => detail.error.code === "missing-request" && detail.text?.length, { once: true });
client.addEventListener("missed", ({ detail }) => console.log(detail.to - detail.from, detail.subscription));
client.addEventListener("state", ({ detail }) => detail.state === "waiting" && detail.retryIn?.toFixed());
client.addEventListener("close", (event: ClientEvent<{ readonly reason?: WsbindError | undefined }>) => event.detail.reason?.code);
const any = (event: Event): void => console.log(event.type);
client.addEventListener("close", any);
client.removeEventListener("close", any);
client.start();

for await (const notification of client) {
  const received: ReceivedNotification = notification;
  const missed: readonly EventRange[] = received.missed;
  const event: NotificationEvent | undefined = received.events[0];
  console.log(event?.eventNumber, missed.length, received.eventsSinceSubscriptionStart, received.valid, received.issues[0]?.code);
}
const iterator: NotificationIterator = client[Symbol.asyncIterator]();
for await (const { type } of iterator) console.log(type.length);
const { done, value } = await iterator.next();
const last: ReceivedNotification | undefined = done ? undefined : value;
const state: ClientState = client.state;
const seen: Record<string, string> = client.seen;
const code: Code | undefined = (await client.closed)?.code;
client.close();

const filter: SubscriptionFilter = { parameter: "date", comparator: "ge", value: "2026" };
const wanted: WebsocketSubscriptionOptions = { fhir: "R5", topic: "http://example.org/topic", content: "empty", end: new Date(), filters: ["status=x", filter] };
const resource: Resource = websocketSubscription(wanted);
const stepsOptions: SubscriptionStepsOptions = { base: "https://example.org/fhir", fhir: "R5", level: "type", kit: undefined, bindTimeout: 3, clock };
const steps = new SubscriptionSteps(stepsOptions);
const tracker = new EventTracker({ start: "beginning" });
steps.addEventListener("notification", ({ detail }) => {
  const sighted: Sighted[] = detail.statuses.map((status) => tracker.note(status, detail.alone));
  console.log(sighted[0]?.fresh[0], sighted[0]?.missing[0]?.to, detail.verdict.valid, detail.text.length);
});
steps.addEventListener("problem", ({ detail }) => detail.error.code === "expired-token" && detail.text?.length, { once: true });
steps.addEventListener("close", ({ detail }) => [detail.reason?.code, detail.code?.toFixed()]);
steps.addEventListener("state", ({ detail }) => detail.state === "bound");
const { id }: { readonly id: string } = await steps.create(resource);
const grant: BindingResponse = await steps.getToken();
await steps.connect();
await steps.bind();
await steps.bind(grant.token);
const verdict: NotificationVerdict = await steps.events(id, tracker.missing(id)[0] ?? { from: 1n, to: 2n });
console.log(verdict.valid, tracker.last(id), (await steps.renew()).expiration, steps.grant?.websocketUrl, steps.subscriptions[0]);
const stepsState: StepsState = steps.state;
steps.close();

// @ts-expect-error: the release is needed
new SubscriptionSteps({ base: "https://example.org/fhir" });
// @ts-expect-error: what a client does by itself has no option here
new SubscriptionSteps({ ...stepsOptions, renewAfter: 0.5 });
// @ts-expect-error: there is no missed event
steps.addEventListener("missed", ({ detail }) => detail);
// @ts-expect-error: a topic is needed
websocketSubscription({ fhir: "R4" });

// @ts-expect-error: a base is needed
new SubscriptionClient({});
// @ts-expect-error: misspelt
new SubscriptionClient({ base: "https://example.org/fhir", subscription: ["1"] });
// @ts-expect-error: no such code
new SubscriptionClient({ base: "https://example.org/fhir", tolerate: ["mising-request"] });
// @ts-expect-error: a notification is not to be changed
client.addEventListener("notification", ({ detail }) => { detail.valid = true; });
// @ts-expect-error: no such member
client.addEventListener("missed", ({ detail }) => detail.error.cod);

export { code, seen, state, stepsState };
