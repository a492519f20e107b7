// What the tests against an unkind server are made of: an application that listens
// to Subscriptions in a tenant of a mock server, and does what applications do
// when a client ends with a reason.
import { SubscriptionClient } from "wsbind";
import { WebSocket as WS } from "ws";
import { subscription } from "./world.mjs";

const WebSocket = globalThis.WebSocket ?? WS;
const json = { "Content-Type": "application/fhir+json", Accept: "application/fhir+json" };

/** Of the Subscriptions s1 and s2, the first has heartbeats. */
const heartbeat = { s1: 1 };

/** Milliseconds between two clients: the longest Retry-After that the last one may not have lived to read, and some. */
const between = 1200;

/** Seconds that anything awaited may take. */
const limit = 90;

/** Problems that mean that a Subscription is listened to no more, while the other one is. */
const ended = new Set(["subscription-not-bindable", "not-found", "gone"]);

/** An application: it keeps what was handed over, and begins anew where a client has ended. */
export class Application {
  /** The numbers of events, by Subscription. */
  handed = { s1: [], s2: [] };
  missed = { s1: [], s2: [] };
  /** What clients told, a line each, and how many clients there were. */
  told = [];
  clients = 0;
  #base;
  #ids;
  #seen = {};
  #handshakes = 0;
  /** Whether there was a handshake or a heartbeat since this was set to false. */
  #beat = false;
  #over = false;
  #client;
  #waiting = new Set();

  constructor(tenant, fhir, ids) {
    Object.assign(this, { tenant, fhir });
    this.#base = tenant.base(fhir);
    this.#ids = ids;
  }

  async start() {
    for (const id of this.#ids) await this.#activate(id);
    this.done = this.#run();
    this.done.catch((err) => this.#tell(`the application failed: ${err.stack}`));
  }

  async stop() {
    this.#over = true;
    this.#client?.close();
    this.#look();
    await this.done;
  }

  /** Makes one client after the other, each going on where the last one was. */
  async #run() {
    while (!this.#over) {
      await this.#listen();
      if (this.#over) return;
      await this.#when(() => this.#over, between);
      for (const id of this.#ids) if (await this.#status(id) !== "active") await this.#activate(id);
    }
  }

  async #listen() {
    const client = this.#client = new SubscriptionClient({
      base: this.#base, subscriptions: this.#ids, WebSocket, seen: this.#seen, start: "beginning", longestWait: 2,
    });
    this.clients++;
    client.addEventListener("state", ({ detail: { state, reason } }) => this.#tell(reason ? `${state}: ${reason.code}: ${reason.message}` : state));
    client.addEventListener("missed", ({ detail: { subscription: id, from, to } }) => {
      for (let n = from; n <= to; n++) this.missed[id].push(Number(n));
    });
    client.addEventListener("problem", ({ detail: { error, subscription: id } }) => {
      this.#tell(`problem: ${error.code}: ${error.message}`);
      if (id !== null && ended.has(error.code)) client.close();
    });
    try {
      for await (const notification of client) this.#hand(notification);
    } catch (err) {
      this.#tell(`ended: ${err.code}`);
    }
    this.#seen = JSON.parse(JSON.stringify(client.seen));
  }

  #hand({ type, subscription: id, events, filled }) {
    this.handed[id].push(...events.map((e) => Number(e.eventNumber)));
    if (type === "handshake") this.#handshakes++;
    if (type === "handshake" || type === "heartbeat") this.#beat = true;
    this.#tell(`${filled ? "$events" : type} ${id} ${events.map((e) => e.eventNumber)}`);
  }

  #tell(line) {
    this.told.push(`${new Date().toISOString().slice(11, 23)} ${line}`);
    this.#look();
  }

  /** Looks whether what is waited for is the case. */
  #look() {
    for (const check of [...this.#waiting]) check();
  }

  async #status(id) {
    return (await this.#request("GET", `/Subscription/${id}`)).status;
  }

  #activate(id) {
    return this.#request("PUT", `/Subscription/${id}`, subscription(this.fhir, id, heartbeat[id]));
  }

  async #request(method, path, body) {
    const response = await fetch(this.#base + path, { method, headers: json, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  /**
   * Has events happen until the token was renewed `renewals` times: a few with each
   * sign of life, or with each second without.
   */
  async live(renewals) {
    for (let round = 0; round < 5 || this.#handshakes < this.#ids.length * (1 + renewals); round++) {
      if (round >= limit) throw new Error(`no ${renewals} renewals in ${limit} rounds`);
      await this.#heard(1200);
      await this.#request("POST", "/Encounter", encounter(this.fhir));
      if (round % 2 === 0) await this.#emit(this.#ids[round / 2 % this.#ids.length], 1 + round % 3);
    }
  }

  /** Makes events of one Subscription, unless the server has just turned it off. */
  async #emit(id, count) {
    try {
      await this.tenant.emit({ fhir: this.fhir, subscription: id, count });
    } catch (err) {
      if (err.code !== "business-rule") throw err;
    }
  }

  /** Waits for a handshake or a heartbeat, but not for long. */
  #heard(milliseconds) {
    this.#beat = false;
    return this.#when(() => this.#beat, milliseconds);
  }

  /** Waits until all events that happened were handed over or are told as missed. */
  async settled() {
    for (const end = Date.now() + limit * 1000; ;) {
      const late = await this.#lacks();
      if (late === "") return;
      if (Date.now() > end) throw new Error(`not within ${limit} s: ${late}`);
      await this.#when(() => false, 400);
    }
  }

  /** What is not as it should be in the end, "" if nothing. */
  async #lacks() {
    const lacking = await Promise.all(this.#ids.map(async (id) => {
      const { status, events } = standing((await this.#request("GET", `/Subscription/${id}/$status`)).entry[0].resource);
      const known = this.handed[id].length + this.missed[id].length;
      return status === "active" && known >= events ? "" : `${id} is ${status}, ${known} of ${events} events are known`;
    }));
    return lacking.filter(Boolean).join("; ");
  }

  /** Resolves when something is the case, or the time is over. */
  #when(condition, milliseconds) {
    return new Promise((resolve) => {
      const check = (late) => {
        if (!late && !condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => check(true), milliseconds);
      this.#waiting.add(check);
    });
  }

  /** Which events were not handed over exactly once, in their order, or told as missed; [] if none. */
  wrong() {
    return this.#ids.flatMap((id) => {
      const [handed, all] = [this.handed[id], [...this.handed[id], ...this.missed[id]].sort((a, b) => a - b)];
      const ordered = handed.every((n, i) => i === 0 || n > handed[i - 1]);
      return ordered && all.every((n, i) => n === i + 1) ? [] : [`${id}: handed over ${handed}; missed ${this.missed[id]}`];
    });
  }
}

/** Reads a SubscriptionStatus, or R4's Parameters in its place. */
function standing({ status, eventsSinceSubscriptionStart, parameter }) {
  if (!parameter) return { status, events: Number(eventsSinceSubscriptionStart) };
  const value = (name) => parameter.find((p) => p.name === name);
  return { status: value("status").valueCode, events: Number(value("events-since-subscription-start").valueString) };
}

function encounter(fhir) {
  return { resourceType: "Encounter", status: "planned", ...(fhir !== "R5" && { class: { code: "AMB" } }) };
}

/** Writes a journal for a person, the latest entries last. */
export async function transcript(tenant) {
  const entries = await tenant.journal.entries({ limit: 400 });
  return entries.map(({ n, time, real, text, ...rest }) => `${n} ${real.slice(11, 23)} ${Object.entries(rest).map(([k, v]) => `${k}=${v}`).join(" ")}`).join("\n");
}
