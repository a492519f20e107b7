// A FHIR server in memory: a fetch and a WebSocket that lead to it. It answers in
// the next turn of the event loop, and does what a test tells it to.
import { notification, outcome } from "./bundles.mjs";

const base = "http://server.example/fhir";

export class FakeServer {
  base = base;
  /** Seconds that a token lives. */
  lifetime = 300;
  /** Where sockets are opened; a test may change it between tokens. */
  socketURL = "ws://server.example/ws/1";
  /** What was asked: { call, id, headers, body }. */
  requests = [];
  /** Every socket ever opened, in order. */
  sockets = [];
  /** By Subscription id: how many events there were, the heartbeat period, the status. */
  subscriptions = new Map();
  /** The next answers of a call, by its name: functions (request) => Response | undefined. */
  answers = new Map();
  /** What answers a bind; replaced by tests that want something else. */
  onBind = (socket, ids) => {
    for (const id of ids) this.handshake(id, socket);
  };
  /** What becomes of an opening handshake: true opens. */
  onOpen = () => true;
  #tokens = new Map();

  constructor(clock, { fhir = "R5", ids = ["s1"] } = {}) {
    this.clock = clock;
    this.fhir = fhir;
    for (const id of ids) this.add(id);
    this.WebSocket = socketClass(this);
  }

  add(id, more = {}) {
    this.subscriptions.set(id, { count: 0, status: "active", heartbeat: null, kept: 1, ...more });
  }

  /** Has the next `times` answers of a call made by a function. */
  answer(call, make, times = 1) {
    const list = this.answers.get(call) ?? [];
    for (let i = 0; i < times; i++) list.push(make);
    this.answers.set(call, list);
  }

  calls(call) {
    return this.requests.filter((r) => r.call === call);
  }

  get open() {
    return this.sockets.filter((s) => s.readyState === 1);
  }

  /** Counts events and tells them, each in a notification of its own, to every bound socket, unless they are dropped. */
  emit(id, times = 1, { drop = false } = {}) {
    const s = this.subscriptions.get(id);
    for (let i = 0; i < times; i++) {
      s.count++;
      if (!drop) this.send(id, { type: "event-notification", count: s.count, events: [s.count] });
    }
  }

  handshake(id, socket) {
    this.send(id, { type: "handshake", count: this.subscriptions.get(id).count }, socket);
  }

  heartbeat(id) {
    this.send(id, { type: "heartbeat", count: this.subscriptions.get(id).count });
  }

  /** Sends a notification to one socket, or to all that are bound to the Subscription. */
  send(id, what, socket) {
    const text = JSON.stringify(this.bundle(id, what));
    for (const s of socket ? [socket] : this.open.filter((s) => s.ids.includes(id))) s.deliver(text);
  }

  bundle(id, what) {
    return notification({ fhir: this.fhir, base, id, ...what });
  }

  outcome(code, text, socket) {
    for (const s of socket ? [socket] : this.open) s.deliver(JSON.stringify(outcome(code, text)));
  }

  /** Which Subscriptions a frame binds, or null. */
  bindOf(frame) {
    const token = /^bind-with-token (\S+)$/.exec(frame)?.[1];
    return this.#tokens.get(token) ?? null;
  }

  fetch = async (url, init) => {
    await new Promise((resolve) => setImmediate(resolve));
    const request = read(url, init);
    this.requests.push(request);
    const made = this.answers.get(request.call)?.shift();
    return (await made?.(request)) ?? this.#answer(request);
  };

  #answer({ call, id, body, parameters }) {
    const one = this.subscriptions.get(id);
    if (id && !one) return json(404, outcome("not-found", `Subscription/${id} does not exist`));
    switch (call) {
      case "metadata":
        return json(200, { resourceType: "CapabilityStatement", fhirVersion: { R4: "4.0.1", R4B: "4.3.0", R5: "5.0.0" }[this.fhir] });
      case "read":
        return json(200, {
          resourceType: "Subscription", id, status: one.status,
          ...(one.heartbeat !== null && heartbeatPeriod(this.fhir, one.heartbeat)),
        });
      case "$get-ws-binding-token":
        return this.#token(id ? [id] : parameters.filter((p) => p.name === "id").map((p) => p.valueId));
      case "$events":
        return this.#events(id, body);
    }
    throw new Error(`the fake server has no ${call}`);
  }

  #token(named) {
    const ids = named.length > 0 ? named : [...this.subscriptions.keys()];
    const bad = ids.find((id) => !this.subscriptions.has(id));
    if (bad) return json(404, outcome("not-found", `Subscription/${bad} does not exist`));
    const off = ids.find((id) => this.subscriptions.get(id).status !== "active");
    if (off) return json(422, outcome("subscription-not-bindable", `Subscription/${off} is ${this.subscriptions.get(off).status}`));
    const token = `secret.${this.#tokens.size + 1}.x`;
    this.#tokens.set(token, ids);
    return json(200, this.grant({ token, ids }));
  }

  grant({ token, ids, url = this.socketURL, expiration = this.clock.now() + this.lifetime * 1000 }) {
    return {
      resourceType: "Parameters",
      parameter: [
        { name: "token", valueString: token },
        { name: "expiration", valueDateTime: new Date(expiration).toISOString().replace("Z", "00Z") },
        ...ids.map((id) => ({ name: "subscription", valueString: id })),
        { name: "websocket-url", valueUrl: url },
      ],
    };
  }

  #events(id, body) {
    const s = this.subscriptions.get(id);
    const bound = (name) => Number(Object.values(body.parameter.find((p) => p.name === name)).find((v) => v !== name));
    const events = [];
    for (let n = Math.max(bound("eventsSinceNumber"), s.kept); n <= Math.min(bound("eventsUntilNumber"), s.count); n++) events.push(n);
    const type = events.length === 0 && this.fhir === "R5" ? "query-status" : "query-event";
    return json(200, this.bundle(id, { type, count: s.count, events }));
  }
}

function read(url, init) {
  const { pathname, search } = new URL(url);
  const [, id, operation] = /^\/fhir\/Subscription(?:\/([^/$]+))?(?:\/([^/]+))?$/.exec(pathname) ?? [];
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  const call = last === "metadata" ? last : last.startsWith("$") ? last : "read";
  const body = init.body === undefined ? undefined : JSON.parse(init.body);
  return { url, search, call, id, operation, method: init.method, headers: new Headers(init.headers), body, parameters: body?.parameter ?? [], init };
}

function heartbeatPeriod(fhir, seconds) {
  if (fhir === "R5") return { heartbeatPeriod: seconds };
  const url = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period";
  return { channel: { type: "websocket", extension: [{ url: "http://example.org/other", valueString: "x" }, { url, valueUnsignedInt: seconds }] } };
}

export function json(status, body, headers = {}) {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "Content-Type": "application/fhir+json", ...headers } });
}

/** A WebSocket that is connected to a server in memory. */
function socketClass(server) {
  return class FakeSocket extends EventTarget {
    readyState = 0;
    ids = [];
    /** Text frames from the client. */
    sent = [];

    constructor(url) {
      super();
      this.url = url;
      server.sockets.push(this);
      setImmediate(() => {
        const verdict = server.onOpen(this);
        if (verdict === "hang" || this.readyState !== 0) return;
        if (verdict !== true) return this.fail(typeof verdict === "string" ? verdict : undefined);
        this.readyState = 1;
        this.dispatchEvent(new Event("open"));
      });
    }

    send(frame) {
      if (this.readyState !== 1) throw new Error(`not open: ${frame}`);
      this.sent.push(frame);
      setImmediate(() => {
        const ids = server.bindOf(frame) ?? [];
        this.ids = [...new Set([...this.ids, ...ids])];
        server.onBind(this, ids);
      });
    }

    /** A frame from the server. */
    deliver(data) {
      if (this.readyState === 1) this.dispatchEvent(Object.assign(new Event("message"), { data }));
    }

    close() {
      this.#end(1000, "");
    }

    /** The server closes. */
    shut(code, reason = "") {
      this.#end(code, reason);
    }

    fail(message = "") {
      this.dispatchEvent(Object.assign(new Event("error"), { message }));
      this.#end(1006, "");
    }

    #end(code, reason) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      setImmediate(() => this.dispatchEvent(Object.assign(new Event("close"), { code, reason })));
    }
  };
}
