// A gate without a network: clients' sockets and a FHIR server that tests play, tokens
// of a key of their own, and time that only moves when it is told.
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { issuer, load, verifier } from "wsbind";
import { bindGate } from "wsbind/edge";
import { notification, outcome } from "../client/bundles.mjs";
import { settle, VirtualClock } from "../client/clock.mjs";

export { settle };
export const kit = await load();
export const base = "https://fhir.example/R5";
export const websocketUrl = "wss://gate.example/ws";

// Signatures are computed on the spot: what follows from a frame is then at rest when settle() is.
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const algorithm = { algorithm: "ES256", kid: "k1" };
const dsaEncoding = "ieee-p1363";
const key = { ...algorithm, sign: (input) => sign("sha256", input, { key: pair.privateKey, dsaEncoding }) };
const keys = [{ ...algorithm, verify: (input, signature) => verify("sha256", input, { key: pair.publicKey, dsaEncoding }, signature) }];

/** A handshake of a Subscription, or another notification. */
export function frame(id, type = "handshake", more = {}) {
  return JSON.stringify(notification({ fhir: "R5", base, id, type, count: 0, ...more }));
}

/** An event of a Subscription. */
export function event(id, number = 1) {
  return frame(id, "event-notification", { count: number, events: [number] });
}

/** An OperationOutcome in our words. */
export function outcomeFrame(code, diagnostics) {
  const { resourceType, issue: [issue] } = outcome(code, diagnostics);
  return JSON.stringify({ resourceType, issue: [{ ...issue, details: { coding: [{ system: "urn:wsbind:code", code }] } }] });
}

/** A client's socket, as an adapter would hand it over. */
export class Port {
  /** Frames that were sent, in order. */
  sent = [];
  /** { code, reason } once it is closed. */
  goodbye = null;
  cut = false;
  buffered = 0;
  /** Whether the client answers a goodbye at once. */
  polite = true;

  send(text) {
    this.sent.push(text);
  }

  close(code, reason) {
    this.goodbye = { code, reason };
    if (this.polite) this.session?.closed();
  }

  terminate() {
    this.cut = true;
  }

  /** What was sent since the last look: of an outcome its codes, of a notification its type and Subscription. */
  look() {
    return this.sent.splice(0).map(spoken);
  }
}

/** What a frame says, in short: `handshake s1`, `expired-token s1 s2`, `bad-signature`. */
export function spoken(text) {
  const { resourceType, issue, entry } = JSON.parse(text);
  if (resourceType === "OperationOutcome") {
    const ids = issue.flatMap(({ expression = [] }) => expression.map((e) => /id='(.*)'/.exec(e)?.[1] ?? e));
    return [...new Set(issue.map(({ details, code }) => details?.coding[0].code ?? code)), ...ids].join(" ");
  }
  const { type, subscription } = entry[0].resource;
  return `${type} ${subscription.reference.split("/").at(-1)}`;
}

/** A FHIR server that does what a test tells it to. */
export class FakeUpstream {
  channels = [];
  closed = false;
  /** Whether it says whose a notification is. */
  tags = true;
  /** What comes of a bind: by default all is bound. */
  onBind = (grant, channel) => {
    for (const id of grant.ids) channel.tell(frame(id), id);
    return { ids: grant.ids, omitted: [] };
  };

  open(listener) {
    const channel = {
      listener, grants: [], unbound: [], closed: false,
      tell: (text, id) => listener.notification(text, this.tags ? id : undefined),
      bind: async (grant) => {
        channel.grants.push(grant);
        return this.onBind(grant, channel);
      },
      unbind: (ids) => channel.unbound.push(...ids),
      close: () => { channel.closed = true; },
    };
    this.channels.push(channel);
    return channel;
  }

  close() {
    this.closed = true;
  }
}

/** A promise that a test settles. */
export function later() {
  let settleWith;
  const promise = new Promise((resolve, reject) => { settleWith = { resolve, reject }; });
  return { promise, ...settleWith };
}

let tokens = 0;

/** A gate, its FHIR server, and what it was observed to do. Nothing that it tells may have a token in it. */
export function setup(t, options = {}, clock = new VirtualClock()) {
  const upstream = options.upstream ?? new FakeUpstream();
  const events = [];
  const secrets = [];
  const now = () => clock.now() / 1000;
  const gate = bindGate({
    verifier: verifier({ keys, algorithms: ["ES256"], issuer: base, audience: websocketUrl, now, kit }),
    websocketUrl, upstream, fhir: "R5", kit, clock, random: () => 0.5,
    observe: (e) => void events.push(e), ...options,
  });
  const signer = issuer({ key, kit });
  const ports = [];
  const world = {
    clock, upstream, gate, events, ports,
    /** A token: `subscription` first, other claims behind. */
    token: async (subscription = ["s1"], { lasts = 300, ...claims } = {}) => {
      const at = Math.floor(now());
      const token = await signer.issue({ iss: base, aud: websocketUrl, sub: "alice", iat: at, exp: at + lasts, jti: `t${++tokens}`, subscription, ...claims });
      secrets.push(token);
      return token;
    },
    connect: (more = {}) => {
      const port = Object.assign(new Port(), more);
      port.session = gate.accept(port);
      ports.push(port);
      return port;
    },
    /** Binds, and waits for what comes of it. */
    bind: async (port, subscription, claims) => {
      port.session.frame(`bind-with-token ${await world.token(subscription, claims)}`);
      await settle();
      return port.look();
    },
    /** A socket on which these are bound. */
    bound: async (subscription = ["s1"], claims = {}) => {
      const port = world.connect();
      await world.bind(port, subscription, claims);
      return port;
    },
    told: (name) => events.filter(({ event }) => event === name),
  };
  t.after(() => {
    gate.close();
    const said = JSON.stringify([events, ports.map(({ sent }) => sent)]);
    for (const secret of secrets) if (said.includes(secret) || said.includes(secret.split(".")[2])) throw new Error("a token was told");
  });
  return world;
}
