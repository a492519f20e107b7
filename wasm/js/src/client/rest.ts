/** One REST exchange: headers, time and size bounded, failures read. */

import { declaresMore, readBody } from "../body.js";
import { codes, type Code } from "../codes.js";
import type { Fetch } from "../jwks.js";
import type { Clock } from "./clock.js";
import { retryAfter } from "./backoff.js";
import { Alarm } from "./clock.js";
import { Failure, final, passing, refused, shorten } from "./failure.js";
import { WsbindError } from "../error.js";
import { readOutcome } from "./complaint.js";

/** What a `headers` function is told. */
export interface HeadersRequest {
  /** The call that the headers are for, such as `$get-ws-binding-token`. */
  readonly call: string;
  /** True if the server refused the headers before (401 or 403): an access token should be renewed. */
  readonly refused: boolean;
}

/** Headers of the REST calls, or a function that gives them for each. */
export type HeadersSource =
  | Readonly<Record<string, string>>
  | Headers
  | ((request: HeadersRequest) => HeadersValue | Promise<HeadersValue>);

/** What a `headers` function returns. */
export type HeadersValue = Readonly<Record<string, string>> | Headers;

/** What the exchanges of a client have in common. */
export interface RestConfig {
  readonly base: string;
  readonly fetch: Fetch;
  readonly headers: HeadersSource | undefined;
  readonly clock: Clock;
  /** Milliseconds for one exchange. */
  readonly timeout: number;
  /** Bytes of one answer. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** One request. */
export interface Exchange {
  /** Names it in messages. */
  readonly call: string;
  readonly method: "GET" | "POST";
  /** Behind the base. */
  readonly path: string;
  readonly body?: string;
  /** Whether it creates a resource: 201 is a success then, and a refusal is about the resource. */
  readonly creates?: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Makes a request and returns the body of a successful answer. Headers that are
 * refused are asked for once more if they come from a function.
 */
export async function exchange(config: RestConfig, request: Exchange): Promise<Uint8Array> {
  let answer = await attempt(config, request, false);
  if ((answer.status === 401 || answer.status === 403) && typeof config.headers === "function") {
    answer = await attempt(config, request, true);
  }
  if (answer.status === 200 || (answer.status === 201 && request.creates)) return answer.body;
  throw statusFailure(request, answer, config.clock.now());
}

async function attempt(config: RestConfig, request: Exchange, refusedBefore: boolean): Promise<Answer> {
  return limited(config, request.call, async (signal) => {
    const headers = await requestHeaders(config.headers, request, refusedBefore);
    if (config.signal.aborted) throw unwanted();
    const init: RequestInit = { method: request.method, headers, signal, redirect: "manual" };
    if (request.body !== undefined) init.body = request.body;
    let response: Response;
    try {
      response = await config.fetch(config.base + request.path, init);
    } catch (err) {
      throw passing("connection-failed", `${request.call} failed: ${describe(err)}`, { cause: err });
    }
    return { status: response.status, headers: response.headers, body: await readAnswer(response, config.maxBytes, request.call) };
  });
}

async function requestHeaders(source: HeadersSource | undefined, request: Exchange, refusedBefore: boolean): Promise<Headers> {
  let given: HeadersValue | undefined;
  try {
    given = typeof source === "function" ? await source({ call: request.call, refused: refusedBefore }) : source;
    const headers = new Headers(given);
    headers.set("Accept", "application/fhir+json");
    if (request.body !== undefined) headers.set("Content-Type", "application/fhir+json");
    if (request.creates) headers.set("Prefer", "return=representation"); // or its id would be unknown
    return headers;
  } catch (err) {
    if (err instanceof WsbindError) throw new Failure("final", err);
    // What it says may quote what it was given, such as an access token.
    throw passing("login-required", `there are no headers for ${request.call}: the option headers failed`, { cause: err });
  }
}

/** Runs work until it is done, the time is over or the client ends: also where `fetch` heeds no signal. */
async function limited<T>(config: RestConfig, call: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, timeout, signal } = config;
  if (signal.aborted) throw unwanted();
  const controller = new AbortController();
  let stop!: (failure: Failure) => void;
  const stopped = new Promise<never>((_, reject) => { stop = reject; });
  const alarm = new Alarm(clock, () => stop(passing("timeout", `${call} was not answered within ${timeout / 1000} s`)));
  const end = (): void => stop(unwanted());
  signal.addEventListener("abort", end);
  alarm.set(timeout);
  try {
    return await Promise.race([stopped, work(controller.signal)]);
  } finally {
    alarm.stop();
    signal.removeEventListener("abort", end);
    controller.abort();
  }
}

function unwanted(): Failure {
  return final("aborted", "nobody waits for the answer any more");
}

async function readAnswer(response: Response, maxBytes: number, call: string): Promise<Uint8Array> {
  const tooLarge = (): Failure => refused("too-large", `the answer to ${call} has more than ${maxBytes} bytes`);
  if (declaresMore(response, maxBytes)) throw tooLarge();
  try {
    return await readBody(response, maxBytes, tooLarge);
  } catch (err) {
    if (err instanceof Failure) throw err;
    throw passing("connection-failed", `the answer to ${call} broke off: ${describe(err)}`, { cause: err });
  }
}

/** What a person can do about a status that will not heal. */
const hints: Readonly<Record<number, readonly [Code, string]>> = {
  400: ["malformed-request", "the server does not understand the request"],
  401: ["login-required", "give headers with an Authorization that the server accepts"],
  403: ["forbidden", "the caller may not do this"],
  404: ["not-found", "the Subscription, or the operation, does not exist for this caller"],
  405: ["method-not-allowed", "the server does not offer the operation"],
  410: ["gone", "the Subscription was deleted: create it again"],
  422: ["subscription-not-bindable", "the Subscription cannot be bound as it is: look at its status and its channel"],
};

/** The same where a resource was to be created. */
const creationHints: typeof hints = {
  ...hints,
  400: ["malformed-request", "the server does not understand the resource"],
  404: ["not-found", "there are no such resources at the base: check it"],
  405: ["method-not-allowed", "the server lets nobody create such resources"],
  422: ["business-rule", "the server does not support what the resource asks for"],
};

/**
 * Reads an answer that is no success. Only what may heal by itself is tried
 * again: too many requests, and what the server calls its own fault.
 */
function statusFailure({ call, creates }: Exchange, { status, headers, body }: Answer, now: number): Failure {
  const outcome = readOutcome(new TextDecoder().decode(body))[0];
  const what = `${call} was answered ${status}${outcome ? ` (${outcome.text})` : ""}`;
  if (status === 0 || (status >= 300 && status < 400)) {
    return final("connection-failed", `${call} was redirected: give as base the URL that it redirects to, since headers are sent nowhere else`);
  }
  if (status === 429 || status === 408 || status === 425 || (status >= 500 && status !== 501)) {
    const code = status === 429 ? "too-many-requests" : "unavailable";
    return passing(code, what, {}, retryAfter(headers.get("Retry-After"), now));
  }
  if (status >= 200 && status < 300) return refused("malformed-request", `${what}: ${creates ? 201 : 200} is due`);
  const [code, hint] = (creates ? creationHints : hints)[status] ?? ["malformed-request", "the server does not offer what was asked"];
  const spoken = creates && outcome && Object.hasOwn(codes, outcome.code) ? (outcome.code as Code) : code;
  const own = status === 422 && outcome?.code === "no-subscriptions" ? "no-subscriptions" : spoken;
  return final(own, `${what}: ${hint}`);
}

/** What a thrown value says; the errors of `fetch` tell why in their cause. */
function describe(err: unknown): string {
  if (!(err instanceof Error)) return shorten(String(err));
  const cause = err.cause instanceof Error ? ` (${err.cause.message || ("code" in err.cause ? String(err.cause.code) : err.cause.name)})` : "";
  return shorten(err.message + cause);
}
