/// <reference lib="esnext.disposable" preserve="true" />
// A tenant: a world of its own within a server.

import type { Release } from "../definition.js";
import { refuse, show } from "../options.js";
import { Faults } from "./faults.js";
import { Journal } from "./journal.js";
import type { Management } from "./management.js";
import { checkName, instant, readTenantOptions, type TenantOptions } from "./options.js";
import { failed, type Assertion, type AssertionResult, type Finding } from "./review.js";
import type { ClockState, Emission, Emitted, Revocation, State, SubscriptionState } from "./state.js";

/** Where a tenant is. */
export interface Place {
  /** "" for the one without a name. */
  readonly name: string;
  readonly base: string;
  readonly fhir: Readonly<Record<string, string>>;
  readonly seed: number | undefined;
}

/**
 * A tenant of a mock server: resources, Subscriptions, sockets, a clock, faults and
 * a journal that no other tenant sees. Every method asks the management interface;
 * what that refuses is a `WsbindError` with its code and its sentence.
 */
export class MockTenant {
  /** What happened between clients and this tenant. */
  readonly journal: Journal;
  /** What it does wrong, and when. */
  readonly faults: Faults;
  /** @internal */
  protected readonly server: Management;
  readonly #place: () => Place;

  /** @internal */
  constructor(server: Management, place: () => Place) {
    this.server = server;
    this.#place = place;
    this.journal = new Journal(server, this.#root);
    this.faults = new Faults(server, this.#root);
  }

  /** Its name, "" for the tenant without one. */
  get name(): string {
    return this.#place().name;
  }

  /** Where its FHIR bases are: what clients are given is {@link MockTenant.base}. */
  get url(): string {
    return this.#place().base;
  }

  /** Its management interface. */
  get management(): string {
    return this.server.management + this.#root;
  }

  /** What chance is drawn from: print it where a test fails, and start with it to see the same run again. */
  get seed(): number | undefined {
    return this.#place().seed;
  }

  /** Returns the FHIR base of a release. */
  base(fhir: Release): string {
    return this.#place().fhir[fhir] ?? refuse(`base: fhir is ${show(fhir)}, R4, R4B or R5 is due`);
  }

  /** Returns what its clock says. */
  clock(): Promise<ClockState> {
    return this.#clock("GET", "/clock");
  }

  /** Advances a virtual clock, by seconds or such as `"1h"`. Whatever is due on the way has happened when it resolves. */
  advance(by: number | string): Promise<ClockState> {
    return this.#clock("POST", "/clock/advance", typeof by === "number" ? { seconds: by } : { by });
  }

  /** Sets a virtual clock, which never goes back. */
  async setClock(now: Date | string): Promise<ClockState> {
    return this.#clock("PUT", "/clock", { now: instant("now", now) });
  }

  /** Makes events, past every filter. */
  async emit(emission: Emission): Promise<Emitted[]> {
    return ((await this.call("POST", "/events", emission)) as { emitted: Emitted[] }).emitted;
  }

  /** Revokes tokens, bound ones as well, and returns how many bindings that ended. */
  async revoke(revocation: Revocation): Promise<number> {
    return ((await this.call("POST", "/revoke", revocation)) as { ended: number }).ended;
  }

  /** Puts a Subscription in error. */
  setError(id: string, fhir?: Release): Promise<SubscriptionState> {
    return this.#subscription(id, "error", fhir);
  }

  /** Ends the error of a Subscription. */
  reactivate(id: string, fhir?: Release): Promise<SubscriptionState> {
    return this.#subscription(id, "reactivate", fhir);
  }

  /** Returns all that there is. */
  async state(): Promise<State> {
    return (await this.call("GET", "/state")) as State;
  }

  /** Returns what clients did wrong so far. */
  async verdicts(): Promise<Finding[]> {
    return ((await this.call("GET", "/verdicts")) as { findings: Finding[] }).findings;
  }

  /** Returns whether each assertion holds, in their order. */
  async check(...assertions: readonly Assertion[]): Promise<AssertionResult[]> {
    return ((await this.call("POST", "/assertions", { assertions })) as { results: AssertionResult[] }).results;
  }

  /**
   * Throws unless every assertion holds, with what came nearest:
   *
   * ```js
   * await mock.assert("bound twice", "used no dead token")
   * ```
   *
   * The code of the error is `assertion-failed`.
   */
  async assert(...assertions: readonly Assertion[]): Promise<void> {
    const results = await this.check(...assertions);
    if (!results.every(({ passed }) => passed)) throw failed(results);
  }

  /** Starts the tenant anew: with nothing in it, and as it was made. */
  async reset(): Promise<void> {
    await this.call("POST", "/reset");
    this.journal.renew();
  }

  /**
   * Makes a request to the management interface of this tenant and returns the
   * answer, parsed: for what has no method here.
   */
  call(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<unknown> {
    return this.server.call(method, this.#root + path, body);
  }

  get #root(): string {
    return rootOf(this.name);
  }

  async #clock(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<ClockState> {
    const { now, virtual, shared = false } = (await this.call(method, path, body)) as { now: string; virtual: boolean; shared?: boolean };
    return { now: new Date(now), virtual, shared };
  }

  async #subscription(id: string, action: string, fhir: Release | undefined): Promise<SubscriptionState> {
    const answer = await this.call("POST", `/subscriptions/${encodeURIComponent(id)}/${action}`, { fhir });
    return (answer as { subscription: SubscriptionState }).subscription;
  }
}

/** rootOf returns the path that a tenant's paths begin with. */
export function rootOf(name: string): string {
  return name === "" ? "" : `/t/${name}`;
}

/** A tenant that a test made, and takes away again. */
export class TemporaryTenant extends MockTenant implements AsyncDisposable {
  /** Takes it away, with its sockets and all that is in it. */
  async delete(): Promise<void> {
    await this.server.call("DELETE", `/tenants/${this.name}`);
  }

  /** Deletes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.delete();
  }
}


/** openTenant makes a tenant for a test, or makes one of that name anew. */
export async function openTenant(server: Management, name: string = drawn(), options: TenantOptions): Promise<TemporaryTenant> {
  checkName(name);
  const place = await makeTenant(server, name, readTenantOptions(options));
  return new TemporaryTenant(server, () => place);
}

/** makeTenant has a tenant made, and says where it is. */
export async function makeTenant(server: Management, name: string, options: object): Promise<Place> {
  return { ...((await server.call("PUT", `/tenants/${name}`, options)) as Place), name };
}

/** A name that nobody else has. Not by randomUUID, which pages have over https only. */
function drawn(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
