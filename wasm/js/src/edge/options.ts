/** The options of a gate, checked and completed. */

import { systemClock, type Clock } from "../client/clock.js";
import type { Release } from "../definition.js";
import { Kit } from "../kit.js";
import { load } from "../load.js";
import { checkFunction, checkOneOf, readOptions, refuse, show } from "../options.js";
import type { Verifier } from "../verifier.js";
import type { Check } from "./check.js";
import { checkSeconds, readLimits, type GateLimits, type Limits } from "./limits.js";
import { tell, type Observer } from "./observe.js";
import { originsOf, type Origins } from "./origins.js";
import type { GateStore } from "./store/store.js";
import type { UpstreamOptions } from "./upstream/server.js";
import type { Upstream } from "./upstream/upstream.js";

/** How much a gate remembers of tokens: nothing, what one instance knows, or what all gates of a store know. */
export type Replay = "stateless" | "isolate" | "shared";

/** How websockets are guarded. Times are in seconds. */
export interface BindGateOptions {
  /** Decides which tokens are accepted: `verifier` makes one, whose `audience` is `websocketUrl`. */
  readonly verifier: Verifier;
  /** The gate's websocket as clients see it, such as `wss://fhir.example/ws`. */
  readonly websocketUrl: string;
  /** The FHIR server, or what stands for one. */
  readonly upstream: UpstreamOptions | Upstream;
  /** The release of what stands for a FHIR server; that of {@link UpstreamOptions} otherwise. */
  readonly fhir?: Release | undefined;
  /** The origins whose pages may connect, default that of `websocketUrl`; `"*"` lets every page in the world open sockets here. */
  readonly origins?: readonly string[] | "*" | undefined;
  /**
   * What is remembered of tokens, default `isolate`: it needs nothing, and a token that
   * is seen twice is refused where one instance sees both. Behind a load balancer, and
   * wherever the runtime runs several instances, only `shared` keeps what it promises.
   */
  readonly replay?: Replay | undefined;
  /** What gates share: required for `shared`, and for the event numbers of `medplum` and `legacy`. There {@link memoryStore} will do only if clients may meet numbers again after a restart. */
  readonly store?: GateStore | undefined;
  /** How often a store is asked what was revoked, default 5. */
  readonly pollInterval?: number | undefined;
  /** For how much longer bindings go on while it cannot be asked, default 30. */
  readonly storePatience?: number | undefined;
  /** Whether tokens are accepted, and bindings go on, while the store cannot be reached: default `closed`, they are not. With `open` a token may be used twice then, and a revoked one be good. */
  readonly storeFailure?: "closed" | "open" | undefined;
  /** What becomes of notifications of the FHIR server that are not valid; by default they are not looked at. With `drop` a client may miss events and handshakes. */
  readonly check?: Check | undefined;
  /** What is bounded, and how far. */
  readonly limits?: GateLimits | undefined;
  /** Takes what happens. */
  readonly observe?: Observer | undefined;
  /** Default the system's. The verifier has a clock of its own; by this one bindings end. */
  readonly clock?: Clock | undefined;
  /** The kit whose module reads frames, default that of {@link load}. */
  readonly kit?: Kit | undefined;
  /** Makes UUIDs, default `crypto.randomUUID`. */
  readonly ids?: (() => string) | undefined;
  /** From 0 up to 1, default `Math.random`: gates that lost a server together do not return to it together. */
  readonly random?: (() => number) | undefined;
}

/** The options of a gate, every one of them known. */
export interface GateConfig {
  readonly verifier: Verifier;
  readonly url: URL;
  readonly upstream: UpstreamOptions | Upstream;
  readonly fhir: Release;
  readonly origins: Origins;
  readonly replay: Replay;
  readonly store: GateStore | undefined;
  readonly pollInterval: number;
  readonly storePatience: number;
  readonly open: boolean;
  readonly check: Check | undefined;
  readonly limits: Limits;
  readonly observe: Observer;
  readonly clock: Clock;
  readonly kit: () => Promise<Kit>;
  readonly ids: () => string;
  readonly random: () => number;
}

const optionNames: readonly (keyof BindGateOptions)[] = [
  "verifier", "websocketUrl", "upstream", "fhir", "origins", "replay", "store", "pollInterval", "storePatience", "storeFailure",
  "check", "limits", "observe", "clock", "kit", "ids", "random",
];

/** readGateOptions refuses options that cannot be used, and completes the others. */
export function readGateOptions(given: BindGateOptions): GateConfig {
  const options = readOptions("bindGate", given, optionNames);
  const { verifier, upstream, replay = "isolate", store, storeFailure = "closed", check, clock = systemClock, ids, random, kit } = options;
  if (typeof verifier?.verify !== "function") refuse(`verifier is ${show(verifier)}, what verifier() returns is due`);
  checkOneOf("replay", replay, ["stateless", "isolate", "shared"]);
  checkOneOf("storeFailure", storeFailure, ["closed", "open"]);
  checkOneOf("check", check, ["report", "drop", "annotate"]);
  if (replay === "shared" && store === undefined) refuse("replay is shared, and there is no store: give the one that all gates have");
  if (kit !== undefined && !(kit instanceof Kit)) refuse(`kit is ${show(kit)}, what load() resolves to is due`);
  const url = checkURL(options.websocketUrl);
  return {
    verifier, url, upstream, replay, check, clock,
    fhir: releaseOf(options),
    origins: originsOf(options.origins, url),
    store: checkStore(store),
    pollInterval: checkSeconds("pollInterval", options.pollInterval ?? 5) * 1000,
    storePatience: checkSeconds("storePatience", options.storePatience ?? 30) * 1000,
    open: storeFailure === "open",
    limits: readLimits(options.limits ?? {}),
    observe: quiet(options.observe),
    kit: kit === undefined ? () => load() : () => Promise.resolve(kit),
    ids: checkFunction("ids", ids) ?? (() => crypto.randomUUID()),
    random: checkFunction("random", random) ?? Math.random,
  };
}

/** isUpstream tells what stands for a FHIR server from options. */
export function isUpstream(upstream: UpstreamOptions | Upstream): upstream is Upstream {
  return typeof (upstream as Partial<Upstream> | undefined)?.open === "function";
}

function releaseOf({ upstream, fhir }: BindGateOptions): Release {
  if (typeof upstream !== "object" || upstream === null) refuse(`upstream is ${show(upstream)}, the options of the FHIR server are due`);
  const release = fhir ?? (isUpstream(upstream) ? undefined : upstream.fhir);
  if (release === undefined) refuse("the release of the FHIR server is not known: give fhir");
  checkOneOf("fhir", release, ["R4", "R4B", "R5"]);
  return release;
}

function checkURL(given: unknown): URL {
  const url = typeof given === "string" && URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && (url.protocol === "ws:" || url.protocol === "wss:") && url.hash === "") return url;
  return refuse(`websocketUrl is ${show(given)}, a ws or wss URL is due, such as wss://fhir.example/ws`);
}

function checkStore(store: GateStore | undefined): GateStore | undefined {
  if (store === undefined || typeof store?.putIfAbsent === "function") return store;
  return refuse(`store is ${show(store)}, a GateStore is due, such as memoryStore()`);
}

function quiet(given: Observer | undefined): Observer {
  const observe = checkFunction("observe", given);
  return (event) => tell(observe, event);
}
