// What one run of the list is done in: a mock server, the network to it, a gate in
// front, and the keys of its tokens.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { websocketSubscription } from "wsbind";
import { startMock } from "wsbind/mock";
import { binary } from "../../mock.mjs";
import { endAll } from "../cleanup.mjs";
import { Client } from "./client.mjs";
import { newKey, serveKeys } from "./keys.mjs";
import { Relay } from "./relay.mjs";
import { freePort } from "../ports.mjs";

const topic = "http://wsbind.example/SubscriptionTopic/Encounter";
const caller = { authorization: "Bearer alice" };
const json = { "content-type": "application/fhir+json" };

/** Where the mock's websocket is, for dialects in which no answer says so. */
const websockets = { medplum: "/ws/subscriptions-r4", legacy: "/websocket" };

/** A small nursery is swept soon: what a gate then has of memory is what it keeps, and no garbage. */
const v8 = "--max-semi-space-size=1";

/** Starts everything; start is that of a cell. */
export async function build({ dialect, start }) {
  const world = new World(dialect);
  try {
    await world.begin(start);
    return world;
  } catch (err) {
    await world.end();
    throw err;
  }
}

class World {
  constructor(dialect) {
    this.dialect = dialect;
    /** The content that Subscriptions ask for. */
    this.content = dialect === "legacy" ? "empty" : "id-only";
  }

  async begin(start) {
    this.port = await freePort();
    this.origin = `http://127.0.0.1:${this.port}`;
    this.base = `${this.origin}/fhir`;
    this.url = `ws://127.0.0.1:${this.port}/ws`;
    this.relay = new Relay(await freePort());
    this.server = `127.0.0.1:${await freePort()}`;
    this.key = await newKey("first");
    this.mock = await startMock({ binary, ...(await this.#mockSettings()) });
    this.keys = await serveKeys(this.key);
    await this.#ready();
    this.gate = await start(this.port, await this.#settings());
  }

  async end() {
    await endAll(
      () => this.gate?.stop(), () => this.relay?.down(), () => this.mock?.close(), () => this.keys?.close(),
      () => this.folder && rm(this.folder, { recursive: true }),
    );
  }

  /** Where tokens of its own pass a gate, the mock signs with the key that the test has, too. */
  async #mockSettings() {
    const { dialect, server, relay, key } = this;
    const args = ["--listen", server, "--public-url", relay.origin];
    if (dialect !== "pass") return { dialect, args };
    this.folder = await mkdtemp(join(tmpdir(), "wsbind-list-"));
    const file = join(this.folder, "key.jwk");
    await writeFile(file, key.text, { mode: 0o600 });
    return { args: [...args, "--key", file] };
  }

  /** The settings of a gate, as the examples' README lists them. */
  async #settings() {
    const { relay, dialect, origin, key, keys } = this;
    const websocket = await this.#websocket();
    if (dialect === "pass") Object.assign(this, await this.#claims());
    return {
      PUBLIC_URL: origin, FHIR_BASE: `${relay.origin}/fhir/R4`, FHIR_RELEASE: "R4", DIALECT: dialect, FHIR_AUTHORIZATION: caller.authorization,
      SIGNING_KEY: key.text, JWKS_URL: keys.url, JWKS_COOLDOWN: "1", ADMIN_SECRET: "secret",
      ...(websocket && { FHIR_WEBSOCKET: websocket }), ...(dialect === "pass" && { ISSUER: this.issuer }), v8,
    };
  }

  /** What the mock writes into its own tokens: it binds a Subscription for its owner only. */
  async #claims() {
    const response = await fetch(`${this.relay.origin}/fhir/R4/Subscription/s1/$get-ws-binding-token`, { headers: caller });
    const token = (await response.json()).parameter.find(({ name }) => name === "token").valueString;
    const { iss: issuer, aud: audience, sub: subject } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    return { issuer, audience, subject };
  }

  async #websocket() {
    const { dialect, relay, mock } = this;
    if (dialect === "pass") return (await mock.state()).fhir.find(({ fhir }) => fhir === "R4").websocketUrl;
    return websockets[dialect] && relay.origin.replace("http", "ws") + websockets[dialect];
  }

  /** Makes what events are about, and Subscriptions: s3 is for a step to spoil, long is told of all of it. */
  async #populate() {
    const text = { status: "generated", div: `<div xmlns="http://www.w3.org/1999/xhtml">${"long ".repeat(4_000)}</div>` };
    await this.#put({ resourceType: "Encounter", id: "1", status: "planned", class: { code: "AMB" }, text });
    for (const id of ["s1", "s2", "s3"]) await this.subscribe(id, this.content);
    if (this.content !== "empty") await this.subscribe("long", "full-resource");
  }

  /** Makes a Subscription. */
  subscribe(id, content) {
    return this.#put({ ...websocketSubscription({ fhir: "R4", topic, content }), id });
  }

  /** Puts a resource, past the gate and the network. */
  async #put(resource) {
    const response = await fetch(`http://${this.server}/fhir/R4/${resource.resourceType}/${resource.id}`, { method: "PUT", headers: { ...caller, ...json }, body: JSON.stringify(resource) });
    if (!response.ok) throw new Error(`PUT ${resource.resourceType}/${resource.id}: ${response.status} ${await response.text()}`);
  }

  /** Sends a request to the gate: {status, headers, text}. */
  async ask(path, { method = "POST", body, headers } = {}) {
    const response = await fetch(`${this.base}/${path}`, { method, headers: { ...caller, ...(body && json), ...headers }, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Takes back what a token grants; the answer is how many Subscriptions were bound by it. */
  async revoke(revocation) {
    const { revoke = (body) => fetch(`${this.origin}/revoke`, { method: "POST", headers: { authorization: "Bearer secret" }, body: JSON.stringify(body) }) } = this.gate;
    const response = await revoke(revocation);
    if (response.status !== 200) throw new Error(`POST /revoke: ${response.status} ${await response.text()}`);
    return (await response.json()).ended;
  }

  /** A token as the gate's endpoint makes them. */
  issue(subscription, { lifetime = 300, key = this.key, jti = randomUUID(), ...claims } = {}) {
    const now = Math.floor(Date.now() / 1000);
    return key.issuer.issue({ iss: this.issuer ?? this.base, aud: this.audience ?? this.url, sub: this.subject ?? "alice", iat: now, exp: now + lifetime, jti, subscription, ...claims });
  }

  connect(options) {
    return Client.open(this.url, options);
  }

  /** A client with something bound, all of it. */
  async bound(subscription, options) {
    const client = await this.connect();
    await client.bind(await this.issue(subscription, options));
    for (const id of subscription.slice(1)) await client.next((told) => told.type === "handshake" && told.subscription === id);
    return client;
  }

  emit(subscription, count = 1) {
    return this.mock.emit({ subscription, count, fhir: "R4" });
  }

  /** Emits so many kilobytes or more, no faster than the gate reads them: a slow gate is a slow reader, too. It returns the number of the last event. */
  async flood(subscription, kilobytes) {
    const [{ last }] = await this.emit(subscription, Math.ceil(kilobytes / (subscription === "long" ? 20 : 1)));
    const waits = ({ fhir }) => fhir.some(({ sockets }) => sockets.some(({ queued }) => queued > 0));
    while (waits(await this.mock.state())) ;
    return last;
  }

  /** The FHIR server dies, and everybody's connections with it. */
  async lose() {
    await this.relay.down();
    await this.mock.kill();
  }

  /** It comes back as a crashed server would, and what it had is there again before anybody reaches it. */
  async recover() {
    await this.mock.restart();
    await this.#ready();
  }

  async #ready() {
    await this.#populate();
    await this.relay.up(Number(this.server.split(":")[1]));
  }
}
