/** The REST calls of a client, and what their answers say. */

import type { Release } from "../definition.js";
import type { BindingResponse } from "../judging.js";
import type { Kit } from "../kit.js";
import type { Issue } from "../issue.js";
import type { Resource } from "../notification.js";
import type { EventRange } from "./gaps.js";
import { sleep } from "./clock.js";
import { member } from "./complaint.js";
import { Failure, final, refused } from "./failure.js";
import { exchange, type Exchange, type RestConfig } from "./rest.js";
import { Turns } from "./turns.js";
import { checkSocketURL, isId } from "./urls.js";
import { WsbindError } from "../error.js";

/** What the calls need beside the REST configuration. */
export interface ServerConfig extends RestConfig {
  readonly level: "type" | "instance" | undefined;
  readonly allowWs: boolean;
}

/** A Subscription as the server that created it has it. */
export interface CreatedSubscription extends Resource {
  /** The id that the server gave it. */
  readonly id: string;
}

/** The operation's definition, where it is not the guide's. */
const definitions: Partial<Record<Release, string>> = {
  R5: "http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token",
};

/** The extension that holds the period in R4 and R4B (P§3). */
const heartbeatPeriod = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period";

/** The operation's name, as the calls have it in messages. */
export const tokenCall = "$get-ws-binding-token";

const decoder = new TextDecoder();

/** Makes the calls. */
export class Server {
  #config: ServerConfig;
  /** When a call was answered with a Retry-After, by the call, and until when that asks to wait. */
  #asked = new Map<string, { readonly at: number; readonly until: number }>();
  #events = new Turns();
  /** Gives up the request for a token that is under way, if one is. */
  #giveUp: (() => void) | null = null;

  constructor(config: ServerConfig) {
    this.#config = config;
  }

  /** Reads from the CapabilityStatement which release the base speaks. */
  async release(): Promise<Release> {
    const call = "the CapabilityStatement";
    const version = member(await this.#json({ call, method: "GET", path: "/metadata" }), "fhirVersion");
    const release = typeof version === "string" ? releaseOf(version) : undefined;
    if (release) return release;
    throw final("malformed-request", `${call} names the FHIR version ${JSON.stringify(version) ?? "not at all"}, not one of R4, R4B and R5: ` +
      "check the base, or give the option fhir");
  }

  /** Creates a Subscription, and returns it as the server has it. */
  async create(resource: Resource): Promise<CreatedSubscription> {
    const call = "the creation of the Subscription";
    const answer = await this.#json({ call, method: "POST", path: "/Subscription", body: JSON.stringify(resource), creates: true });
    const id = member(answer, "id");
    if (member(answer, "resourceType") === "Subscription" && typeof id === "string" && isId(id)) return answer as CreatedSubscription;
    throw refused("malformed-request", `the answer to ${call} is no Subscription with an id: what was created is not known`);
  }

  /**
   * Calls $get-ws-binding-token and checks the answer against its definition. The
   * signal ends a wait for Retry-After. A request that is under way by then goes on,
   * for what the answer says counts nevertheless, until the next one is made.
   */
  async token(kit: Kit, fhir: Release, ids: readonly string[], signal: AbortSignal): Promise<BindingResponse> {
    const { base, allowWs, clock } = this.#config;
    const call = tokenCall;
    const instance = this.#config.level === undefined ? ids.length === 1 : this.#config.level === "instance";
    const parameter = instance ? [] : ids.map((id) => ({ name: "id", valueId: id }));
    const answer = await this.#exchangeAlone({
      call,
      method: "POST",
      path: instance ? `/Subscription/${ids[0]}/${call}` : `/Subscription/${call}`,
      body: JSON.stringify({ resourceType: "Parameters", ...(parameter.length > 0 && { parameter }) }),
    }, signal);
    const level = instance ? "instance" : "type";
    const { issues, response } = kit.readResponse(answer, { fhir, level, definition: definitions[fhir] });
    if (!response) throw invalidAnswer(call, issues);
    checkSocketURL(response.websocketUrl, base, allowWs);
    if (response.expiration.getTime() <= clock.now()) {
      throw refused("expired-token", `the server gave a token that expired at ${response.expiration.toISOString()}, and here it is ` +
        `${new Date(clock.now()).toISOString()}: one of the two clocks is wrong`);
    }
    return response;
  }

  /** Calls $events for a range of one Subscription's events and returns the Bundle as it came. */
  async events(fhir: Release, id: string, range: EventRange): Promise<Uint8Array> {
    const number = fhir === "R5" ? "valueInteger64" : "valueString"; // P§1
    const parameter = [
      { name: "eventsSinceNumber", [number]: String(range.from) },
      { name: "eventsUntilNumber", [number]: String(range.to) },
    ];
    // One at a time: after a reconnect there may be a gap in every Subscription.
    return this.#events.take(() => this.#exchange({
      call: "$events",
      // A POST is never answered from a cache, and always possible (P§1).
      method: "POST",
      path: `/Subscription/${checked(id)}/$events`,
      body: JSON.stringify({ resourceType: "Parameters", parameter }),
    }));
  }

  /** Reads a Subscription's heartbeat period in milliseconds, or null if it has none. */
  async heartbeatPeriod(id: string): Promise<number | null> {
    const resource = await this.#read(id);
    const extensions = member(member(resource, "channel"), "extension");
    const extension = Array.isArray(extensions) ? extensions.find((e) => member(e, "url") === heartbeatPeriod) : undefined;
    const seconds = member(resource, "heartbeatPeriod") ?? member(extension, "valueUnsignedInt");
    return typeof seconds === "number" && Number.isInteger(seconds) && seconds > 0 ? seconds * 1000 : null;
  }

  /** Reads why a Subscription cannot be bound any more; null if it can, or may not be read. Throws what may pass. */
  async obstacle(id: string): Promise<Failure | null> {
    try {
      const status = member(await this.#read(id), "status");
      return typeof status === "string" ? deadStatus(id, status) : null;
    } catch (err) {
      if (err instanceof Failure && (err.reason.code === "not-found" || err.reason.code === "gone")) return err;
      if (err instanceof Failure && err.prospect === "passing") throw err;
      return null;
    }
  }

  #read(id: string): Promise<unknown> {
    return this.#json({ call: "the Subscription", method: "GET", path: `/Subscription/${checked(id)}` });
  }

  async #json(request: Exchange): Promise<unknown> {
    const text = decoder.decode(await this.#exchange(request));
    try {
      return JSON.parse(text);
    } catch {
      throw refused("malformed-request", `the answer to ${request.call} is no JSON`);
    }
  }

  /** The milliseconds for which the server does not want a call. A clock that was set back ends the wait: nobody knows its length then. */
  respite(call: string): number {
    const asked = this.#asked.get(call);
    const now = this.#config.clock.now();
    return asked && now >= asked.at ? Math.max(0, asked.until - now) : 0;
  }

  /** Makes a call in place of the one before. */
  async #exchangeAlone(request: Exchange, signal: AbortSignal): Promise<Uint8Array> {
    this.#giveUp?.();
    const controller = new AbortController();
    const giveUp = this.#giveUp = (): void => controller.abort();
    this.#config.signal.addEventListener("abort", giveUp);
    try {
      return await this.#exchange(request, controller.signal, signal);
    } finally {
      this.#config.signal.removeEventListener("abort", giveUp);
      if (this.#giveUp === giveUp) this.#giveUp = null;
    }
  }

  /** Makes a call, and no earlier than the server asked for, whoever was told so; `patience` ends that wait. */
  async #exchange(request: Exchange, signal = this.#config.signal, patience = signal): Promise<Uint8Array> {
    const { clock } = this.#config;
    const wait = this.respite(request.call);
    if (wait > 0) await sleep(clock, wait, patience);
    try {
      return await exchange({ ...this.#config, signal: patience.aborted ? patience : signal }, request);
    } catch (err) {
      const at = clock.now();
      if (err instanceof Failure && err.after > 0) this.#asked.set(request.call, { at, until: at + err.after });
      throw err;
    }
  }
}

/** The failure of a Subscription whose status ends it, or null for one that goes on. */
export function deadStatus(id: string, status: string): Failure | null {
  if (status !== "off" && status !== "error" && status !== "entered-in-error") return null;
  const hint = status === "error" ? "mend the cause, and update it with the status active" : "create it again, or update it with the status active";
  return final("subscription-not-bindable", `Subscription ${id} has the status ${status}: ${hint}`);
}

function releaseOf(version: string): Release | undefined {
  if (/^4\.0(\.|$)/.test(version)) return "R4";
  if (/^4\.[13](\.|$)/.test(version)) return "R4B";
  return /^5\.0(\.|$)/.test(version) ? "R5" : undefined;
}

function checked(id: string): string {
  if (isId(id)) return id;
  throw new Failure("final", new WsbindError("malformed-request", `${JSON.stringify(id.slice(0, 70))} is no id that could stand in a URL`));
}

/** An answer that breaks its definition is not used at all: without its expiration a token cannot be renewed in time. */
function invalidAnswer(call: string, issues: readonly Issue[]): Failure {
  const first = issues.find((i) => i.severity === "fatal" || i.severity === "error");
  const where = first?.expression[0];
  return refused(first?.code ?? "malformed-request",
    `the answer to ${call} breaks its definition: ${first?.diagnostics ?? "it says nothing"}${where ? ` (${where})` : ""}`,
    { expression: where, issues });
}

