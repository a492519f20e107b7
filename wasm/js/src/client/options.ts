/** The options of a client, checked and with their defaults. */

import type { Release } from "../definition.js";
import type { Kit } from "../kit.js";
import { codes, type Code } from "../codes.js";
import type { Fetch } from "../jwks.js";
import { checkFetch, checkFunction, checkOneOf, checkSignal, kindOf, readOptions, refuse, show } from "../options.js";
import { WsbindError } from "../error.js";
import { systemClock, type Clock } from "./clock.js";
import type { HeadersSource } from "./rest.js";
import type { WebSocketConstructor } from "./socket.js";
import { checkBase, isId } from "./urls.js";

/** What to listen to, and how. Only `base` is needed. */
export interface SubscriptionClientOptions {
  /** The FHIR base, such as `https://example.org/fhir/R4`. */
  readonly base: string | URL;
  /** The release it speaks. Default: what its CapabilityStatement says. */
  readonly fhir?: Release | undefined;
  /** The ids of the Subscriptions. Default, and for an empty list: the server decides, usually for all of the caller's. */
  readonly subscriptions?: readonly string[] | undefined;
  /** Where the operation is invoked. Default: `instance` for one Subscription, `type` otherwise. */
  readonly level?: "type" | "instance" | undefined;

  /**
   * By Subscription id, the last event that was handled before: later ones are
   * caught up with. What {@link SubscriptionClient.seen} returned in an earlier run.
   */
  readonly seen?: Readonly<Record<string, bigint | number | string>> | undefined;
  /**
   * How a Subscription that is not in `seen` begins: `now`, with the events after
   * the first notification, or at the `beginning`, with all that `$events` still
   * has. Default `now`.
   */
  readonly start?: "now" | "beginning" | undefined;

  /**
   * Headers for the base, such as Authorization. They are sent nowhere else:
   * redirects are not followed. A function is asked for each call, and once more
   * with `refused: true` if the server answers 401 or 403. Where it throws, the
   * call is tried again later; a {@link WsbindError}, such as one with the code
   * `login-required`, ends the client.
   */
  readonly headers?: HeadersSource | undefined;
  /** Makes the REST calls. Default: that of the runtime. */
  readonly fetch?: Fetch | undefined;
  /** Makes the connection. Default: that of the runtime; Node 20 has none, and needs that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Ends the client, as {@link SubscriptionClient.close} does. */
  readonly signal?: AbortSignal | undefined;
  /** What checks the documents. Default: that of {@link load}. */
  readonly kit?: Kit | Promise<Kit> | undefined;
  /**
   * True lets the websocket-url be ws where the base is https. Default false: the
   * token and all events could be read on the way.
   */
  readonly allowWs?: boolean | undefined;

  /**
   * The errors that a notification may have and still be handed over, with
   * `valid: false`: their codes, or `all` as long as its status can be read. What
   * is not tolerated counts as never received. Default `all`, since an event that
   * is badly wrapped has happened nevertheless.
   */
  readonly tolerate?: "all" | readonly Code[] | undefined;

  /**
   * The heartbeat period in seconds, for all Subscriptions; false waits for no
   * heartbeats. Default: what each Subscription says, if it may be read.
   */
  readonly heartbeatPeriod?: number | false | undefined;
  /** How many periods may pass without a word before a new connection is made. Default 2.5. */
  readonly heartbeatTolerance?: number | undefined;
  /** The share of a token's life after which it is renewed at the latest, 0.2 to 0.95. Default 0.8. */
  readonly renewAfter?: number | undefined;

  /** Seconds for one REST call, and for opening a websocket. Default 30. */
  readonly timeout?: number | undefined;
  /** Seconds from a bind to its handshakes, or half of the token's life where that is less. Default 10. */
  readonly bindTimeout?: number | undefined;
  /** Seconds of the first wait before a new try, which doubles each time. Default 0.5. */
  readonly firstWait?: number | undefined;
  /** Seconds of the longest wait, if that is not shorter than the first. Default 30. A server may ask for more by Retry-After, up to an hour. */
  readonly longestWait?: number | undefined;
  /** Sessions on end that come to nothing until the client gives up. Default: without end. */
  readonly maxAttempts?: number | undefined;

  /** How many notifications with events may wait for the consumer. Default 1,000. */
  readonly maxQueued?: number | undefined;
  /** How many characters these may have together. Default 16,777,216. */
  readonly maxQueuedSize?: number | undefined;
  /** Characters of one frame. Default 16,777,216. */
  readonly maxFrame?: number | undefined;
  /** Bytes of one REST answer. Default 16,777,216. */
  readonly maxAnswer?: number | undefined;
  /** How many events of one gap are asked for; older ones are told as missed. Default 10,000. */
  readonly maxFill?: number | undefined;

  /** Where the time comes from. Default: the system. */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 up to 1 for jitter. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The options with everything decided, and times in milliseconds. */
export interface Settings {
  readonly base: string;
  readonly fhir: Release | undefined;
  readonly subscriptions: readonly string[];
  readonly level: "type" | "instance" | undefined;
  readonly seen: readonly (readonly [string, bigint])[];
  readonly start: "now" | "beginning";
  readonly headers: HeadersSource | undefined;
  readonly fetch: Fetch;
  readonly WebSocket: WebSocketConstructor;
  readonly signal: AbortSignal | undefined;
  readonly kit: Kit | Promise<Kit> | undefined;
  readonly allowWs: boolean;
  readonly tolerate: "all" | readonly Code[];
  readonly heartbeatPeriod: number | false | undefined;
  readonly heartbeatTolerance: number;
  readonly renewAfter: number;
  readonly timeout: number;
  readonly bindTimeout: number;
  readonly firstWait: number;
  readonly longestWait: number;
  readonly maxAttempts: number;
  readonly maxQueued: number;
  readonly maxQueuedSize: number;
  readonly maxFrame: number;
  readonly maxAnswer: number;
  readonly maxFill: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const known: readonly (keyof SubscriptionClientOptions)[] = [
  "base", "fhir", "subscriptions", "level", "seen", "start", "headers", "fetch", "WebSocket", "signal", "kit", "allowWs",
  "tolerate", "heartbeatPeriod", "heartbeatTolerance", "renewAfter", "timeout", "bindTimeout", "firstWait", "longestWait",
  "maxAttempts", "maxQueued", "maxQueuedSize", "maxFrame", "maxAnswer", "maxFill", "clock", "random",
];

/** The options of a {@link SubscriptionClient} that are left to those who do the rest themselves. */
export interface SubscriptionStepsOptions extends Pick<SubscriptionClientOptions,
  "base" | "subscriptions" | "level" | "headers" | "fetch" | "WebSocket" | "kit" | "clock" |
  "timeout" | "bindTimeout" | "allowWs" | "maxFrame" | "maxAnswer"> {
  /** The release that the base speaks. */
  readonly fhir: Release;
}

const knownOfSteps: readonly (keyof SubscriptionStepsOptions)[] = [
  "base", "fhir", "subscriptions", "level", "headers", "fetch", "WebSocket", "kit", "clock",
  "timeout", "bindTimeout", "allowWs", "maxFrame", "maxAnswer",
];

const MiB = 1 << 20;

/** Checks the options: a misspelt one is refused, and so is a value that cannot be meant. */
export function settle(given: SubscriptionClientOptions): Settings {
  return decide("SubscriptionClient", readOptions("SubscriptionClient", given, known));
}

/** The same for the channel step by step. Its Subscriptions may be created later: their number is not held against the level yet. */
export function settleSteps(given: SubscriptionStepsOptions): Settings & { readonly fhir: Release } {
  const options = readOptions("SubscriptionSteps", given, knownOfSteps);
  const { fhir, level } = options;
  if (fhir === undefined) refuse("fhir is undefined, one of R4, R4B, R5 is due");
  checkOneOf("level", level, ["type", "instance"]);
  return { ...decide("SubscriptionSteps", { ...options, level: undefined }), fhir, level };
}

function decide(what: string, options: SubscriptionClientOptions): Settings {
  checkOneOf("fhir", options.fhir, ["R4", "R4B", "R5"]);
  checkOneOf("level", options.level, ["type", "instance"]);
  checkOneOf("start", options.start, ["now", "beginning"]);
  checkOneOf("allowWs", options.allowWs, [true, false]);
  const number = (name: keyof SubscriptionClientOptions, fallback: number, from: number, to: number, whole = true): number => {
    const value = options[name] ?? fallback;
    const fits = typeof value === "number" && value >= from && value <= to && (!whole || Number.isInteger(value) || value === Infinity);
    return fits ? value : refuse(`${name} is ${show(value)}, a ${whole ? "whole " : ""}number from ${from} to ${to} is due`);
  };
  const seconds = (name: keyof SubscriptionClientOptions, fallback: number): number => 1000 * number(name, fallback, 0.001, 3600, false);
  const { fhir, level } = options;
  return {
    base: checkBase(options.base), fhir, level,
    signal: checkSignal(options.signal),
    kit: checkKit(options.kit),
    headers: checkHeaders(options.headers),
    subscriptions: checkIds(options.subscriptions ?? [], level),
    seen: checkSeen(options.seen ?? {}),
    start: options.start ?? "now",
    fetch: checkFetch(options.fetch),
    WebSocket: checkWebSocket(what, options.WebSocket),
    allowWs: options.allowWs ?? false,
    tolerate: checkTolerate(options.tolerate ?? "all"),
    heartbeatPeriod: options.heartbeatPeriod === false || options.heartbeatPeriod === undefined
      ? options.heartbeatPeriod : 1000 * number("heartbeatPeriod", 0, 1, 1_000_000),
    heartbeatTolerance: number("heartbeatTolerance", 2.5, 1, 1000, false),
    renewAfter: number("renewAfter", 0.8, 0.2, 0.95, false),
    timeout: seconds("timeout", 30),
    bindTimeout: seconds("bindTimeout", 10),
    firstWait: seconds("firstWait", 0.5),
    longestWait: seconds("longestWait", 30),
    maxAttempts: number("maxAttempts", Infinity, 1, Infinity),
    maxQueued: number("maxQueued", 1_000, 1, 2 ** 31),
    maxQueuedSize: number("maxQueuedSize", 16 * MiB, 1, 2 ** 31),
    maxFrame: number("maxFrame", 16 * MiB, 1, 32 * MiB),
    maxAnswer: number("maxAnswer", 16 * MiB, 1, 32 * MiB),
    maxFill: number("maxFill", 10_000, 0, 1_000_000),
    clock: checkClock(options.clock),
    random: checkFunction("random", options.random) ?? Math.random,
  };
}

function checkKit(kit: Settings["kit"]): Settings["kit"] {
  if (kit === undefined || typeof (kit as Kit)?.readNotification === "function" || typeof (kit as Promise<Kit>)?.then === "function") return kit;
  return refuse(`kit is ${show(kit)}, what load() returns is due`);
}

/** Headers that HTTP does not allow would be refused with every call; what is wrong with them may be secret. */
function checkHeaders(headers: HeadersSource | undefined): HeadersSource | undefined {
  if (headers === undefined || typeof headers === "function") return headers;
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) refuse(`headers is ${kindOf(headers)}, an object, Headers or a function is due`);
  try {
    new Headers(headers);
    return headers; // which may be changed between calls
  } catch {
    return refuse("headers has a name or a value that HTTP does not allow");
  }
}

function checkClock(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock;
  const whole = typeof clock?.now === "function" && typeof clock.setTimeout === "function" && typeof clock.clearTimeout === "function";
  return whole ? clock : refuse(`clock is ${show(clock)}, an object with now, setTimeout and clearTimeout is due`);
}

function checkIds(ids: readonly string[], level: string | undefined): readonly string[] {
  if (!Array.isArray(ids)) refuse(`subscriptions is ${show(ids)}, a list of ids is due`);
  for (const id of ids) {
    if (typeof id !== "string" || !isId(id)) refuse(`the Subscription id ${show(id)} is no FHIR id: give the id alone, without Subscription/`);
  }
  if (level === "instance" && ids.length !== 1) {
    refuse(`level is "instance", and there are ${ids.length} subscriptions: give one, or leave the level out`);
  }
  return [...new Set(ids)];
}

function checkSeen(seen: object): (readonly [string, bigint])[] {
  if (typeof seen !== "object" || Array.isArray(seen)) refuse(`seen is ${show(seen)}, an object is due`);
  return Object.entries(seen).map(([id, value]: [string, unknown]) => {
    if (!isId(id)) refuse(`seen: the Subscription id ${show(id)} is no FHIR id: give the id alone, without Subscription/`);
    const number = typeof value === "bigint" ? value
      : Number.isSafeInteger(value) || (typeof value === "string" && /^\d{1,20}$/.test(value)) ? BigInt(value as number | string) : -1n;
    return number >= 0n ? [id, number] as const
      : refuse(`seen: the number of the last event of ${show(id)} is ${show(value)}, a whole number from 0 on is due`);
  });
}

function checkTolerate(tolerate: unknown): "all" | readonly Code[] {
  if (tolerate === "all") return tolerate;
  if (!Array.isArray(tolerate)) return refuse(`tolerate is ${show(tolerate)}, "all" or a list of codes is due`);
  for (const code of tolerate) {
    if (typeof code !== "string" || !Object.hasOwn(codes, code)) refuse(`tolerate: there is no code ${show(code)}`);
  }
  return [...tolerate] as Code[];
}

function checkWebSocket(what: string, given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (typeof found === "function") return found;
  if (given !== undefined) refuse(`WebSocket is ${show(given)}, a constructor is due`);
  throw new WsbindError("no-websocket", "this runtime has no WebSocket: install the package ws, and pass its constructor: " +
    'import { WebSocket } from "ws"; ' + `new ${what}({ base, WebSocket })`);
}
