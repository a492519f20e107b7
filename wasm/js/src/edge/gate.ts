/** The bind gate: it guards a websocket, and knows all that are open. */

import { codes, type Code } from "../codes.js";
import { WsbindError } from "../error.js";
import type { Kit } from "../kit.js";
import { refuse, show } from "../options.js";
import { fromStore } from "./within.js";
import { Admission } from "./admission.js";
import { judgeOf, type Judge } from "./check.js";
import { coreOf, type Core } from "./core.js";
import { outcomeFrame } from "./frames.js";
import { isUpstream, readGateOptions, type BindGateOptions, type GateConfig } from "./options.js";
import type { Limits } from "./limits.js";
import type { ClientPort, ClientSession } from "./port.js";
import { Revocations } from "./revocations.js";
import { Session, type SessionConfig } from "./session.js";
import { memoryStore } from "./store/memory.js";
import type { GateStore, Revocation } from "./store/store.js";
import { Timers } from "./timers.js";
import { makeUpstream } from "./upstream/index.js";
import type { Upstream } from "./upstream/upstream.js";
import { storeTimeout, Watch } from "./watch.js";

/** Guards a websocket; {@link bindGate} makes one. */
export interface Gate {
  /** How many sockets are open. */
  readonly sockets: number;
  /** How many Subscriptions are bound on them. */
  readonly bound: number;
  /** What is bounded, and how far. */
  readonly limits: Limits;
  /** Whether a URL is that of the websocket: its path is compared, for the host may be another behind a proxy. */
  serves(url: string | URL): boolean;
  /**
   * Judges an opening handshake. It returns the answer to one that is refused, and
   * undefined where the websocket may be opened: then {@link Gate.accept} takes it.
   */
  admit(request: Request): Response | undefined;
  /** Takes a client's websocket once it is open. */
  accept(port: ClientPort): ClientSession;
  /**
   * Takes back what a token grants, for all gates of the store, and resolves to how many
   * Subscriptions were bound here by it. By Subscription or subject it reaches the tokens
   * issued until now.
   */
  revoke(revocation: Revocation): Promise<number>;
  /** Closes every socket with `going-away`, and what the gate holds open. */
  close(): void;
}

/**
 * bindGate makes a gate. Options that cannot be used are refused at once, with
 * `invalid-option`.
 *
 * ```js
 * const gate = bindGate({
 *   websocketUrl: "wss://fhir.example/ws",
 *   verifier: verifier({ keys, algorithms: ["ES256"], issuer: "https://fhir.example/R4", audience: "wss://fhir.example/ws" }),
 *   upstream: { dialect: "spec", base: "https://internal.example/R4", fhir: "R4", headers: { authorization } },
 * })
 * ```
 */
export function bindGate(options: BindGateOptions): Gate {
  return new BindGate(readGateOptions(options));
}

class BindGate implements Gate {
  #config: GateConfig;
  /** Where uses and revocations are kept; undefined where nothing is. */
  #store: GateStore | undefined;
  #revocations = new Revocations();
  #watch: Watch | undefined;
  #upstream: Upstream;
  #session: SessionConfig;
  #sessions = new Set<Session>();
  #core: Core | undefined;
  #judge: Judge | undefined;
  /** The number of the latest socket. */
  #last = 0;
  #closed = false;

  constructor(config: GateConfig) {
    this.#config = config;
    const { upstream, replay, store, limits, clock, observe, ids, random, fhir, verifier, open } = config;
    const kit = (): Promise<Kit> => this.#load();
    const core = async (): Promise<Core> => coreOf(await kit());
    if (replay === "isolate") this.#store = memoryStore(clock);
    if (replay === "shared") {
      this.#store = store;
      this.#watch = this.#makeWatch(true, () => this.#enforce(), (error) => this.#sessions.forEach((session) => session.end(error)));
    }
    this.#upstream = isUpstream(upstream)
      ? upstream
      : makeUpstream(upstream, { core, kit, clock, observe, ids, random, store, maxBytes: limits.upstreamFrame });
    const admission = new Admission({ kit, verifier, revocations: this.#revocations, clock, observe, uses: this.#store, open });
    this.#session = {
      admission, revocations: this.#revocations, upstream: this.#upstream, limits, clock, timers: new Timers(clock), observe, fhir,
      core: () => this.#core,
      judge: () => this.#judge,
    };
  }

  get limits(): Limits {
    return this.#config.limits;
  }

  get sockets(): number {
    return this.#sessions.size;
  }

  get bound(): number {
    let total = 0;
    for (const session of this.#sessions) total += session.bound;
    return total;
  }

  serves(url: string | URL): boolean {
    return new URL(url).pathname === this.#config.url.pathname;
  }

  admit(request: Request): Response | undefined {
    const { origins, limits } = this.#config;
    if (request.method !== "GET" || request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return this.#turnAway(426, "malformed-request", "a websocket is opened here, and this is another request", { upgrade: "websocket" });
    }
    const origin = request.headers.get("origin");
    if (origin !== null && !origins(origin)) {
      return this.#turnAway(403, "origin-refused", `pages of ${show(origin)} may not connect here: it has to be on the list of origins`);
    }
    if (this.#closed) return this.#turnAway(503, "going-away", codes["going-away"].meaning, { "retry-after": "5" });
    if (this.#sessions.size < limits.sockets) return undefined;
    return this.#turnAway(503, "unavailable", `${limits.sockets} sockets are open, and no more may be`, { "retry-after": "5" });
  }

  accept(port: ClientPort): ClientSession {
    const number = ++this.#last;
    const watch = port.alone && this.#store !== undefined ? this.#makeWatch(false, () => session.revoke(), (error) => session.end(error)) : this.#watch;
    const session: Session = new Session(this.#session, { port, number, watch, gone: () => this.#depart(session, watch) });
    // Opening handshakes that were under way together may have brought more than there is room for.
    const full = this.#sessions.size >= this.#config.limits.sockets;
    this.#sessions.add(session);
    this.#config.observe({ event: "socket-opened", socket: number });
    if (this.#closed) session.end(new WsbindError("going-away", "the gate is closed"));
    else if (full) session.end(new WsbindError("unavailable", "as many sockets are open as there may be"));
    else watch?.start();
    return session;
  }

  async revoke(revocation: Revocation): Promise<number> {
    if (this.#store === undefined) refuse("replay is stateless: nothing can be taken back, a token is good until it expires");
    const { clock } = this.#config;
    const now = clock.now() / 1000;
    const record = { revocation: checkRevocation(revocation), at: now };
    // Here it holds also if the store does not hear of it.
    this.#revocations.note(record, now);
    const ended = this.#enforce();
    try {
      await fromStore(clock, storeTimeout, this.#store.revoke(record));
    } catch (err) {
      throw new WsbindError("store-unavailable", "the revocation holds in this instance only, for the store did not take it: try again", { cause: err });
    }
    return ended;
  }

  close(): void {
    this.#closed = true;
    this.#watch?.stop();
    for (const session of this.#sessions) session.end(new WsbindError("going-away", "the gate is closed"));
    this.#upstream.close();
  }

  async #load(): Promise<Kit> {
    const { kit: load, check, fhir, observe } = this.#config;
    const kit = await load();
    this.#core ??= coreOf(kit);
    if (check !== undefined) this.#judge ??= judgeOf(check, kit, fhir, observe);
    return kit;
  }

  #makeWatch(listens: boolean, news: () => void, blind: (error: WsbindError) => void): Watch {
    const { clock, observe, pollInterval, storePatience, open } = this.#config;
    const store = this.#store as GateStore;
    return new Watch({ store, known: this.#revocations, clock, observe, pollInterval, patience: storePatience, open, listens, news, blind });
  }

  /** Has all sockets look at what was revoked, but those that only do so by themselves. */
  #enforce(): number {
    let ended = 0;
    for (const session of this.#sessions) if (!session.alone) ended += session.revoke();
    return ended;
  }

  #depart(session: Session, watch: Watch | undefined): void {
    this.#sessions.delete(session);
    if (watch !== this.#watch) watch?.stop();
    if (this.#sessions.size === 0) this.#watch?.stop();
  }

  #turnAway(status: number, code: Code, detail: string, headers: Record<string, string> = {}): Response {
    this.#config.observe({ event: "socket-refused", code, detail });
    return new Response(outcomeFrame(new WsbindError(code, detail)), { status, headers: { "content-type": "application/fhir+json", "cache-control": "no-store", ...headers } });
  }
}

/** Exactly one of the three is named. */
function checkRevocation(given: Revocation): Revocation {
  const [[name, value] = ["", undefined], ...others] = typeof given === "object" && given !== null ? Object.entries(given) : [];
  const known = name === "jti" || name === "subscription" || name === "subject";
  if (known && others.length === 0 && typeof value === "string" && value !== "") return { [name]: value } as unknown as Revocation;
  return refuse("the revocation has to name one of jti, subscription and subject, as a text");
}
