/**
 * Medplum's websocket: a token for each Subscription, and one connection for all.
 * A binding whose token has expired ends there without a word, so that tokens are
 * renewed long before.
 */

import { Alarm } from "../../client/clock.js";
import { member } from "../../client/complaint.js";
import { asFailure, final, passing, refused, type Failure } from "../../client/failure.js";
import { renewalDelay, renewalRetry } from "../../client/renewal.js";
import { checkSocketURL } from "../../client/urls.js";
import type { Core, SubscriptionFacts } from "../core.js";
import { Bridge } from "./bridge.js";
import { bridgeConfig, type BridgeConfig } from "./config.js";
import type { FhirServer } from "./fhir.js";
import { Trunk, type TrunkUser } from "./trunk.js";
import type { UpstreamParts } from "./parts.js";
import type { UpstreamOptions } from "./server.js";
import type { Dialect, Sink, Tap } from "./tap.js";
import { upstreamFailure } from "./trouble.js";
import type { Upstream } from "./upstream.js";

/** The share of a token's life after which the next is asked for. */
const renewAfter = 0.7;

/** Renewals are no closer than this, in milliseconds. */
const shortestLife = 1_000;

/** How long a token lasts that does not say it, as of Medplum's first version: a sixth of what they did last. */
const assumedLife = 600_000;

/** Stands for a Medplum server. */
export function medplumUpstream(options: UpstreamOptions, parts: UpstreamParts): Upstream {
  return new Bridge(parts.core, bridgeConfig(options, parts), (config, server) => new Medplum(config, server));
}

class Medplum implements Dialect {
  readonly config: BridgeConfig;
  readonly server: FhirServer;
  /** Trunks that are open, or being opened, by their URL. */
  #trunks = new Map<string, Promise<Trunk>>();
  #controller = new AbortController();

  constructor(config: BridgeConfig, server: FhirServer) {
    this.config = config;
    this.server = server;
  }

  obstacle(): null {
    return null;
  }

  tap(id: string, core: Core, sink: Sink): Tap {
    return new MedplumTap(id, core, sink, this);
  }

  /** The trunk to a URL, which all share. */
  trunk(url: string, core: Core): Promise<Trunk> {
    const known = this.#trunks.get(url);
    if (known) return known;
    const forget = (): void => {
      if (this.#trunks.get(url) === opened) this.#trunks.delete(url);
    };
    const opened = Trunk.open(url, core, this.config, this.#controller.signal, forget);
    opened.catch(forget);
    this.#trunks.set(url, opened);
    return opened;
  }

  close(): void {
    this.#controller.abort();
  }
}

/** A token of Medplum's. */
interface Token {
  readonly token: string;
  /** When it expires, in milliseconds since 1970. */
  readonly expires: number;
  readonly url: string;
}

/** One Subscription on a trunk. */
class MedplumTap implements Tap, TrunkUser {
  #id: string;
  #core: Core;
  #sink: Sink;
  #dialect: Medplum;
  #trunk: Trunk | null = null;
  #token: Token | null = null;
  #renewal: Alarm;
  #signal: AbortSignal | null = null;
  /** Counts openings, so that what an earlier one began is not taken for a later one's. */
  #round = 0;

  constructor(id: string, core: Core, sink: Sink, dialect: Medplum) {
    this.#id = id;
    this.#core = core;
    this.#sink = sink;
    this.#dialect = dialect;
    this.#renewal = new Alarm(dialect.config.clock, () => void this.#renew());
  }

  async open(_: SubscriptionFacts, signal: AbortSignal): Promise<void> {
    const round = ++this.#round;
    this.#signal = signal;
    const token = await this.#ask(signal);
    const trunk = await this.#open(token.url);
    if (round !== this.#round) {
      trunk.rest();
      throw unwanted();
    }
    this.#trunk = trunk;
    this.#token = token;
    try {
      await trunk.bind(this.#id, token.token, this);
    } catch (err) {
      this.#token = null; // it is not unbound: to a token that is refused the answer is a refusal, which another bind might take for its own
      throw err;
    }
    if (round !== this.#round) throw unwanted();
    this.#use(token);
  }

  /** The trunk, unless its last user has just left it: another one then. */
  async #open(url: string): Promise<Trunk> {
    const trunk = await this.#dialect.trunk(url, this.#core);
    return trunk.over ? this.#dialect.trunk(url, this.#core) : trunk;
  }

  /** Has a token until it is to be renewed. */
  #use(token: Token): void {
    const { clock, random } = this.#dialect.config;
    this.#token = token;
    this.#renewal.set(Math.max(shortestLife, renewalDelay(token.expires - clock.now(), renewAfter, random())));
  }

  async #renew(): Promise<void> {
    const [round, trunk] = [this.#round, this.#trunk!];
    try {
      const token = await this.#ask(this.#signal!);
      if (round !== this.#round) return;
      if (token.url !== trunk.url) throw passing("upstream-unavailable", "the FHIR server has moved its websocket");
      await trunk.bind(this.#id, token.token, this);
      if (round === this.#round) this.#use(token);
    } catch (err) {
      if (round === this.#round) this.#renewalFailed(asFailure(err));
    }
  }

  /** Tries again while the token lasts. A Subscription that is gone needs no token: the feed finds out. */
  #renewalFailed(failure: Failure): void {
    const { clock, backoff } = this.#dialect.config;
    const left = this.#token!.expires - clock.now();
    if (failure.prospect === "final" || left <= 0) return this.trunkLost(failure);
    this.#renewal.set(Math.min(left, renewalRetry(left, backoff, failure.after)));
  }

  /** Calls the operation. Medplum has it at the level of the instance, by GET. */
  async #ask(signal: AbortSignal): Promise<Token> {
    const { config, server } = this.#dialect;
    const text = await server.getOf(this.#id, "$get-ws-binding-token", "/$get-ws-binding-token", signal);
    const token = readToken(text, config.clock.now(), config.websocketUrl);
    if (!token) throw refused("upstream-refused", "the answer to $get-ws-binding-token has no token that lasts, or no websocket-url");
    if (config.websocketUrl === undefined) checkURL(token.url, config.base);
    return token;
  }

  event(frame: string): void {
    void this.#sink.event({ from: "medplum", text: frame });
  }

  trunkLost(failure: Failure): void {
    this.#sink.lost(failure);
  }

  close(): void {
    this.#round++;
    this.#renewal.stop();
    const { clock } = this.#dialect.config;
    const token = this.#token && this.#token.expires > clock.now() ? this.#token.token : null;
    this.#trunk?.unbind(this.#id, token, this);
    this.#trunk = this.#token = null;
  }
}

function unwanted(): Failure {
  return final("aborted", "the connection is not needed any more");
}

/** Reads the operation's answer, also that of Medplum's first version, which has no expiration. */
function readToken(text: string, now: number, websocketUrl: string | undefined): Token | null {
  const token = parameter(text, "token", "valueString");
  const expiration = parameter(text, "expiration", "valueDateTime");
  const url = websocketUrl ?? parameter(text, "websocket-url", "valueUrl");
  const expires = expiration === undefined ? now + assumedLife : Date.parse(expiration);
  return token !== undefined && url !== undefined && expires > now ? { token, url, expires } : null;
}

function parameter(text: string, name: string, value: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parameters = member(answer, "parameter");
  const found = Array.isArray(parameters) ? member(parameters.find((one) => member(one, "name") === name), value) : undefined;
  return typeof found === "string" && found !== "" ? found : undefined;
}

function checkURL(url: string, base: string): void {
  try {
    checkSocketURL(url, base, false);
  } catch (err) {
    throw upstreamFailure(asFailure(err));
  }
}
