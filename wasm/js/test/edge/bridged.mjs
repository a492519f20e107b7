// What the tests of the bridges begin with: a FHIR server in memory that speaks
// Medplum's or R4's websocket, a store, and listeners that check what they are told.
import { load } from "wsbind";
import { coreOf } from "../node_modules/wsbind/dist/edge/core.js";
import { legacyUpstream } from "../node_modules/wsbind/dist/edge/upstream/legacy.js";
import { medplumUpstream } from "../node_modules/wsbind/dist/edge/upstream/medplum.js";
import { settle, VirtualClock } from "../client/clock.mjs";

export const kit = await load();
const core = coreOf(kit);

export const base = "http://server.example/fhir";
export const publicBase = "https://gate.example/fhir";
const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
const topic = "http://server.example/SubscriptionTopic/changes";

/** A Subscription: topic-based, unless there are criteria. */
export function subscription(fhir, id, { status = "active", content = "empty", heartbeat, criteria, channel = "websocket" } = {}) {
  const common = { resourceType: "Subscription", id, status };
  if (fhir === "R5") {
    return { ...common, topic, content, contentType: "application/fhir+json", channelType: { code: channel }, ...(heartbeat && { heartbeatPeriod: heartbeat }) };
  }
  return {
    ...common, reason: "a test", criteria: criteria ?? topic,
    channel: {
      type: channel, payload: "application/fhir+json",
      _payload: { extension: [{ url: `${guide}backport-payload-content`, valueCode: content }] },
      ...(heartbeat && { extension: [{ url: `${guide}backport-heartbeat-period`, valueUnsignedInt: heartbeat }] }),
    },
  };
}

/** Counters, as a store keeps them. A test may break it, or one counter, or have it wait. */
export class Store {
  atomic = true;
  counters = new Map();
  broken = false;
  wait = Promise.resolve();

  async increment(counter) {
    await this.#reach(counter);
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + 1);
    return this.counters.get(counter);
  }

  async count(counter) {
    await this.#reach(counter);
    return this.counters.get(counter) ?? 0;
  }

  async #reach(counter) {
    await this.wait;
    if (this.broken === true || this.broken === counter) throw new Error("the store is away");
  }
}

/** What a channel tells, in order. Every notification is checked. */
export class Listener {
  told = [];
  /** The notifications among it. */
  frames = [];
  #waiting = [];

  /** Resolves when something of what was told matches. */
  until(pattern) {
    return new Promise((resolve) => {
      const check = () => this.told.some((told) => pattern.test(told)) && resolve();
      this.#waiting.push(check);
      check();
    });
  }

  #tell(what) {
    this.told.push(what);
    for (const check of this.#waiting) check();
  }

  constructor(fhir) {
    this.fhir = fhir;
  }

  notification(frame, id) {
    const { valid, issues, notification } = kit.readNotification(frame, { fhir: this.fhir });
    // Classic criteria have no topic (P§10), which the rules wish for in full-resource.
    const worse = issues.filter(({ severity, diagnostics }) => severity === "warning" && !diagnostics.includes("topic"));
    const [status] = notification.statuses;
    if (!valid || worse.length > 0 || status.subscription !== `${publicBase}/Subscription/${id}`) {
      return void this.#tell(`invalid ${frame} ${JSON.stringify(issues)}`);
    }
    const numbers = status.events.map((e) => e.eventNumber).join(",");
    this.frames.push(JSON.parse(frame));
    this.#tell(`${status.type} ${id} ${numbers || status.eventsSinceSubscriptionStart}`);
  }

  outcome(frame) {
    const { issue: [first] } = JSON.parse(frame);
    this.#tell(`outcome ${first.details.coding[0].code} ${/Subscription\/(\S+)/.exec(first.diagnostics)?.[1]}`);
  }

  lost({ code }) {
    this.#tell(`lost ${code}`);
  }

  failed({ code }) {
    this.#tell(`failed ${code}`);
  }

  /** What was told since this was last called. */
  take() {
    return this.told.splice(0);
  }
}

/** A FHIR server: Subscriptions, resources to be searched for, and sockets. */
export class Server {
  subscriptions = new Map();
  /** What a search finds, the newest last. */
  resources = [];
  requests = [];
  sockets = [];
  down = false;
  /** Seconds that a token of Medplum's lasts. */
  lifetime = 3600;
  tokens = new Map();
  /** Answers a request in place of the server, if it returns anything. */
  intercept = () => undefined;

  constructor(dialect, clock) {
    this.dialect = dialect;
    this.clock = clock;
    this.WebSocket = socketClass(this);
  }

  get open() {
    return this.sockets.filter((s) => s.readyState === 1);
  }

  /** Requests whose path has the text in it. */
  asked(text) {
    return this.requests.filter(({ path }) => path.includes(text));
  }

  fetch = async (url, { headers }) => {
    await new Promise((resolve) => setImmediate(resolve));
    const { pathname, search, origin } = new URL(url);
    const request = { origin, path: pathname + search, headers };
    this.requests.push(request);
    if (this.down) throw new TypeError("fetch failed");
    return (await this.intercept(request)) ?? this.#answer(pathname, new URL(url).searchParams);
  };

  #answer(pathname, query) {
    const [, type, id, operation] = /^\/fhir\/(\w+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? [];
    if (type !== "Subscription") return json(200, this.#search(type, query));
    const found = this.subscriptions.get(id);
    if (!found) return json(404, { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "not-found" }] });
    return json(200, operation === "$get-ws-binding-token" ? this.#token(id) : found);
  }

  #token(id) {
    const token = `upstream-token-${this.tokens.size + 1}`;
    const expires = this.clock.now() + this.lifetime * 1000;
    this.tokens.set(token, { id, expires });
    return {
      resourceType: "Parameters",
      parameter: [
        { name: "token", valueString: token },
        { name: "expiration", valueDateTime: new Date(expires).toISOString() },
        { name: "websocket-url", valueUrl: "ws://server.example/ws" },
      ],
    };
  }

  #search(type, query) {
    const since = query.get("_lastUpdated");
    const sorted = query.get("_sort") === "-_lastUpdated" ? [...this.resources].reverse() : this.resources;
    const all = sorted.filter((r) => r.resourceType === type && (!since || r.meta.lastUpdated >= since.slice(2)));
    const offset = Number(query.get("_offset") ?? 0);
    const page = all.slice(offset, offset + (this.pageSize ?? Number(query.get("_count"))));
    query.set("_offset", offset + page.length);
    return {
      resourceType: "Bundle", type: "searchset",
      link: offset + page.length < all.length ? [{ relation: "next", url: `${base}/${type}?${query}` }] : [],
      entry: page.map((resource) => ({ resource, search: { mode: "match" } })),
    };
  }

  /** Changes a resource. */
  change(id, version = 1, more = {}) {
    this.resources.push({
      resourceType: "Encounter", id, meta: { versionId: String(version), lastUpdated: new Date(this.clock.now()).toISOString() }, status: "planned", class: { code: "AMB" }, ...more,
    });
  }

  /** Something happens, and is told to whoever is bound. */
  emit(id, times = 1) {
    for (let i = 0; i < times; i++) for (const s of this.open.filter((s) => s.bound.has(id))) s.deliver(this.frame("event-notification", [id]));
  }

  frame(type, ids) {
    if (this.dialect === "legacy") return type === "handshake" ? `bound ${ids[0]}` : `ping ${ids[0]}`;
    const event = type === "event-notification";
    return JSON.stringify({
      id: "x", resourceType: "Bundle", type: "history", timestamp: new Date(this.clock.now()).toISOString(),
      entry: [
        ...ids.map((id) => ({
          resource: {
            resourceType: "SubscriptionStatus", id: "y", status: "active", type, subscription: { reference: `Subscription/${id}` },
            ...(event && { notificationEvent: [{ eventNumber: "0", timestamp: "2026-03-01T12:00:00.000Z", focus: { reference: "Communication/c1" } }] }),
          },
        })),
        ...(event ? [{ resource: { resourceType: "Communication", id: "c1", status: "completed" }, fullUrl: `${base}/Communication/c1` }] : []),
      ],
    });
  }

  /** What becomes of a frame of the gate's. */
  received(socket, frame) {
    if (this.dialect === "legacy") return this.#bindLegacy(socket, frame);
    const { type, payload } = JSON.parse(frame);
    if (type === "ping") return void (this.mute || socket.deliver('{"type":"pong"}'));
    const known = this.tokens.get(payload.token);
    if (!known || known.expires <= this.clock.now()) {
      return socket.deliver('{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","details":{"text":"Token failed to validate."}}]}');
    }
    if (type === "unbind-from-token") return void socket.bound.delete(known.id);
    if (!this.subscriptions.has(known.id) || this.silent) return;
    socket.bound.add(known.id);
    socket.deliver(this.frame("handshake", [known.id]));
  }

  #bindLegacy(socket, frame) {
    const id = /^bind (\S+)$/.exec(frame)?.[1];
    if (this.silent) return;
    if (!this.subscriptions.has(id)) return socket.shut(1002);
    socket.bound.add(id);
    socket.deliver(`bound ${id}`);
  }

  /** The process dies: sockets break, and nobody answers. */
  fall() {
    this.down = true;
    for (const s of this.open) s.shut(1006);
  }
}

export function json(status, body) {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "Content-Type": "application/fhir+json" } });
}

function socketClass(server) {
  return class extends EventTarget {
    readyState = 0;
    bound = new Set();
    sent = [];

    constructor(url) {
      super();
      this.url = url;
      server.sockets.push(this);
      setImmediate(() => {
        if (this.readyState !== 0) return;
        if (server.down) return this.shut(1006);
        this.readyState = 1;
        this.dispatchEvent(new Event("open"));
      });
    }

    send(frame) {
      this.sent.push(frame);
      setImmediate(() => this.readyState === 1 && server.received(this, frame));
    }

    deliver(data) {
      if (this.readyState === 1) this.dispatchEvent(Object.assign(new Event("message"), { data }));
    }

    close() {
      this.shut(1000);
    }

    /** The connection breaks in the same breath in which something came. */
    snap() {
      this.readyState = 3;
      this.dispatchEvent(Object.assign(new Event("close"), { code: 1006, reason: "" }));
    }

    shut(code) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      setImmediate(() => this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "" })));
    }
  };
}

/** A FHIR server, and the gate's end of it. Everything is closed after the test. */
export function bridged(t, dialect, { fhir = "R4", subscriptions = { s1: {} }, ...options } = {}) {
  const clock = new VirtualClock();
  const server = new Server(dialect, clock);
  for (const [id, more] of Object.entries(subscriptions)) server.subscriptions.set(id, subscription(fhir, id, more));
  return {
    clock, server,
    ...gate(t, clock, {
      dialect, base, fhir, fetch: server.fetch, WebSocket: server.WebSocket, headers: { authorization: "Bearer secret" },
      ...(dialect === "legacy" && { websocketUrl: "ws://server.example/websocket" }), ...options,
    }),
  };
}

/** The gate's end of a FHIR server. */
export function gate(t, clock, options) {
  const store = new Store();
  const events = [];
  let ids = 0;
  const make = { legacy: legacyUpstream, medplum: medplumUpstream }[options.dialect];
  const upstream = make({ publicBase, ...options }, {
    core: async () => core, clock, store, observe: (event) => events.push(event), maxBytes: 1 << 20, random: () => 0.5,
    ids: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
  });
  t.after(() => upstream.close());
  const channel = (alone) => {
    const listener = new Listener(options.fhir);
    const opened = upstream.open(listener, alone);
    return {
      listener, take: () => listener.take(), unbind: (...ids) => opened.unbind(ids), close: () => opened.close(),
      bind: (...ids) => opened.bind({ token: "x", claims: {}, ids }),
    };
  };
  return { store, events, upstream, channel };
}

/** The codes of what a bind left out, by id. */
export function omitted({ omitted }) {
  return Object.fromEntries(omitted.map(({ id, error }) => [id, error.code]));
}

export { settle };
