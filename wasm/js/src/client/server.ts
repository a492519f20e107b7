/** The REST calls of a client, and what their answers say. */

import type { Release } from "../definition.js";
import type { BindingResponse } from "../judging.js";
import type { Kit } from "../kit.js";
import type { Issue } from "../issue.js";
import type { EventRange } from "./gaps.js";
import { member } from "./complaint.js";
import { Failure, final, refused } from "./failure.js";
import { exchange, type RestConfig } from "./rest.js";
import { checkSocketURL, isId } from "./urls.js";
import { WsbindError } from "../error.js";

/** What the calls need beside the REST configuration. */
export interface ServerConfig extends RestConfig {
  readonly level: "type" | "instance" | undefined;
  readonly allowWs: boolean;
}

/** The operation's definition, where it is not the guide's. */
const definitions: Partial<Record<Release, string>> = {
  R5: "http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token",
};

/** The extension that holds the period in R4 and R4B (P§3). */
const heartbeatPeriod = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period";

const decoder = new TextDecoder();

/** Makes the calls. */
export class Server {
  #config: ServerConfig;

  constructor(config: ServerConfig) {
    this.#config = config;
  }

  /** Reads from the CapabilityStatement which release the base speaks. */
  async release(): Promise<Release> {
    const call = "the CapabilityStatement";
    const version = member(await this.#json(call, "/metadata"), "fhirVersion");
    const release = typeof version === "string" ? releaseOf(version) : undefined;
    if (release) return release;
    throw final("malformed-request", `${call} names the FHIR version ${JSON.stringify(version) ?? "not at all"}, not one of R4, R4B and R5: ` +
      "check the base, or give the option fhir");
  }

  /** Calls $get-ws-binding-token and checks the answer against its definition. */
  async token(kit: Kit, fhir: Release, ids: readonly string[], signal: AbortSignal): Promise<BindingResponse> {
    const { base, allowWs, clock } = this.#config;
    const call = "$get-ws-binding-token";
    const instance = this.#config.level === undefined ? ids.length === 1 : this.#config.level === "instance";
    const parameter = instance ? [] : ids.map((id) => ({ name: "id", valueId: id }));
    const answer = await exchange({ ...this.#config, signal }, {
      call,
      method: "POST",
      path: instance ? `/Subscription/${ids[0]}/${call}` : `/Subscription/${call}`,
      body: JSON.stringify({ resourceType: "Parameters", ...(parameter.length > 0 && { parameter }) }),
    });
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
    return exchange(this.#config, {
      call: "$events",
      // A POST is never answered from a cache, and always possible (P§1).
      method: "POST",
      path: `/Subscription/${checked(id)}/$events`,
      body: JSON.stringify({ resourceType: "Parameters", parameter }),
    });
  }

  /** Reads a Subscription's heartbeat period in milliseconds, or null if it has none. */
  async heartbeatPeriod(id: string): Promise<number | null> {
    const resource = await this.#json("the Subscription", `/Subscription/${checked(id)}`);
    const extensions = member(member(resource, "channel"), "extension");
    const extension = Array.isArray(extensions) ? extensions.find((e) => member(e, "url") === heartbeatPeriod) : undefined;
    const seconds = member(resource, "heartbeatPeriod") ?? member(extension, "valueUnsignedInt");
    return typeof seconds === "number" && Number.isInteger(seconds) && seconds > 0 ? seconds * 1000 : null;
  }

  /** Reads why a Subscription cannot be bound any more; null if it can, or nobody knows. */
  async obstacle(id: string): Promise<Failure | null> {
    try {
      const status = member(await this.#json("the Subscription", `/Subscription/${checked(id)}`), "status");
      return typeof status === "string" ? deadStatus(id, status) : null;
    } catch (err) {
      if (err instanceof Failure && (err.reason.code === "not-found" || err.reason.code === "gone")) return err;
      return null;
    }
  }

  async #json(call: string, path: string): Promise<unknown> {
    const text = decoder.decode(await exchange(this.#config, { call, method: "GET", path }));
    try {
      return JSON.parse(text);
    } catch {
      throw refused("malformed-request", `the answer to ${call} is no JSON`);
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

