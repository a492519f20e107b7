// What stands in the journal, in words.

import type { FaultSpec, PlannedFault } from "wsbind/mock";
import { brief } from "../ui/words.ts";
import type { Happening } from "./happenings.ts";

/** Whose doing it was: a client's, the server's, or that of whoever tests. */
type Side = "client" | "server" | "test";

/** An entry in words. */
export interface Told {
  readonly side: Side;
  readonly text: string;
  /** Why it was refused, in the server's words; "" where it was not. */
  readonly why: string;
}

/** Tells what an entry is about. */
export function tell(entry: Happening): Told {
  const said = entry.kind === "unbound" || entry.verdict === entry.reason; // by its text already
  const refused = entry.verdict !== undefined && entry.verdict !== "ok" && !said;
  const why = refused ? [entry.verdict, entry.detail].filter(Boolean).join(": ") : "";
  return { side: sides[entry.kind], text: tellers[entry.kind](entry), why };
}

const sides: Readonly<Record<Happening["kind"], Side>> = {
  request: "client", open: "client", received: "client", sent: "server", withheld: "server", unbound: "server", close: "server", command: "test",
};

const tellers: Readonly<Record<Happening["kind"], (entry: Happening) => string>> = {
  request: (entry) => `${asked(entry)}: answered ${entry.status}${later(entry)}`,
  open: ({ status, socket }) => (status === 101 ? `opened ${websocket(socket)}` : `tried to open a websocket: answered ${status}`),
  received: (entry) => `${received(entry)} on ${websocket(entry.socket)}`,
  sent: (entry) => `sent ${frame(entry)} on ${websocket(entry.socket)}`,
  withheld: (entry) => `kept ${frame(entry)} from the client on ${websocket(entry.socket)}`,
  unbound: (entry) => `ended the binding of ${subscriptions(entry)} on ${websocket(entry.socket)}: ${entry.verdict}`,
  close: closed,
  command: ({ type, detail, subscriptions: ids, jti }) => detail || (commands[type ?? ""] ?? `${type}`).replace("IT", ids?.length ? `Subscription ${list(ids)}` : jti ? "a token" : "a caller"),
};

const commands: Readonly<Record<string, string>> = {
  revoke: "the tokens for IT were revoked", error: "IT was put in error", reactivate: "the error of IT was ended",
  store: "a resource was stored", delete: "a resource was deleted",
};

/** The FHIR interactions that have a word of their own. */
const interactions: Readonly<Record<string, string>> = {
  create: "created", read: "read", vread: "read a version of", update: "updated", delete: "deleted", "search-type": "searched for",
};

function asked(entry: Happening): string {
  const { interaction = "", resource, method, path } = entry;
  if (interaction === "$get-ws-binding-token") return `asked for a binding token for ${subscriptions(entry)}`;
  if (interaction === "$events") return `asked $events of ${subscriptions(entry)}${entry.events?.length ? `, got ${events(entry.events)}` : ""}`;
  if (interaction === "capabilities") return "read the CapabilityStatement";
  if (interaction === "jwks") return "read the JWK Set";
  if (interaction.startsWith("$")) return `asked ${interaction}${entry.subscriptions?.length ? ` of ${subscriptions(entry)}` : ""}`;
  const verb = interactions[interaction];
  return verb !== undefined && resource !== undefined ? `${verb} ${resource.replace(/(?<=\/).+/, brief)}` : `${method} ${path}`;
}

function later({ retryAfter }: Happening): string {
  return retryAfter === undefined ? "" : `, to be repeated after ${retryAfter} s`;
}

function received(entry: Happening): string {
  switch (entry.type) {
    case "bind": case "bind-colon": case "bind-json":
      return entry.subscriptions?.length ? `showed a token for ${subscriptions(entry)}` : "showed a token";
    case "unbind": return `unbound ${subscriptions(entry)}`;
    case "ping": case "pong": return `sent a ${entry.type}`;
    default: return "sent a frame that nobody knows";
  }
}

/** The frames of the server that are no events. */
const frames: Readonly<Record<string, string>> = {
  handshake: "the handshake notification", heartbeat: "a heartbeat", "query-status": "the status", outcome: "an OperationOutcome", ping: "a ping", pong: "a pong",
};

function frame(entry: Happening): string {
  const what = entry.type === "event-notification" ? events(entry.events ?? []) : frames[entry.type ?? ""] ?? "a frame";
  return entry.subscriptions?.length ? `${what} of ${subscriptions(entry)}` : what;
}

function closed({ socket, by, code, reason }: Happening): string {
  const how = code ? ` with code ${code}${reason ? ` (${reason})` : ""}` : " without a close frame";
  return by === "nobody" || by === undefined ? `lost ${websocket(socket)}${how}` : `${websocket(socket)} was closed by the ${by}${how}`;
}

function websocket(socket: number | undefined): string {
  return socket === undefined ? "a websocket" : `websocket ${socket}`;
}

function subscriptions({ subscriptions: ids = [] }: Happening): string {
  return ids.length === 0 ? "no Subscription" : `Subscription ${list(ids)}`;
}

/** At most three by name: a token may be for hundreds. */
function list(ids: readonly string[]): string {
  const named = ids.slice(0, 3).map(brief);
  if (ids.length > 3) return `${named.join(", ")} and ${ids.length - 3} more`;
  return [named.slice(0, -1).join(", "), named.at(-1)].filter(Boolean).join(" and ");
}

/** Event numbers: "event 3", "events 3 to 5", "events 3, 7". */
export function events(numbers: readonly number[]): string {
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first === undefined || last === undefined) return "an event-notification";
  if (first === last) return `event ${first}`;
  const row = numbers.every((n, i) => n === first + i);
  return row ? `events ${first} to ${last}` : `events ${numbers.slice(0, 5).join(", ")}${numbers.length > 5 ? " …" : ""}`;
}

/** Where a fault strikes, as the time that is waited for. */
const occasions: Readonly<Record<string, string>> = {
  operation: "the next token request", upgrade: "the next opening handshake", bind: "the next bind frame", attach: "the next binding",
  handshake: "the next handshake notification", frame: "the next frame that the server sends", event: "the next event-notification", heartbeat: "the next heartbeat",
  change: "the next change that a Subscription is about", ping: "the next ping of a client",
};

/** When a fault strikes that is queued, for a client that knows the protocol by its events. */
export function occasion(point: string, on?: string): string {
  if (point === "operation" && on !== undefined && on !== "$get-ws-binding-token") return on === "*" ? "the next request" : `the next ${on}`;
  return occasions[point] ?? point;
}

/** What a planned fault waits for. */
export function waits(planned: PlannedFault, point: string): string {
  const { probability, left = 1, after = 0 } = planned;
  if (probability !== undefined) return `by chance, ${percent(probability)} of the time, until it is taken back`;
  const from = after > 0 && planned.struck === 0 ? `, once ${after} ${after === 1 ? "has" : "have"} passed` : "";
  return left === 1 ? `at ${occasion(point, planned.on)}${from}` : `${left} more times, first at ${occasion(point, planned.on)}${from}`;
}

/** What was asked of a fault beside when it strikes: "code 4001, Subscription s1". */
export function details({ code, seconds, parameter, count, subscription, fhir, caller, socket }: FaultSpec): string {
  const all: [string, unknown][] = [["code", code], ["seconds", seconds], ["parameter", parameter], ["count", count], ["Subscription", subscription], ["release", fhir], ["caller", caller], ["websocket", socket]];
  return all.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`).join(", ");
}

function percent(probability: number): string {
  return `${Number((probability * 100).toPrecision(3))} %`;
}
