/** What a gate bounds, and how far. */

import { readOptions, refuse, show } from "../options.js";

/** The bounds of a gate. */
export interface GateLimits {
  /** Within how many seconds something must be bound, default 30. */
  readonly bindTimeout?: number | undefined;
  /** How long a frame of a client may be, in bytes; default 65,600: the longest token and its verb. */
  readonly maxFrame?: number | undefined;
  /** How many bytes may wait for a slow reader, where the runtime tells; default 1 MiB. */
  readonly maxQueue?: number | undefined;
  /** How many bytes a client is sent in a second, where the runtime does not tell what waits; default 1 MiB. Four seconds' worth may come at once. */
  readonly bytesPerSecond?: number | undefined;
  /** How many sockets there may be at a time, default 10,000. */
  readonly sockets?: number | undefined;
  /** How many Subscriptions a socket may have bound, default 4,000. */
  readonly bound?: number | undefined;
  /** How many binds may wait on a socket, default 16. */
  readonly waiting?: number | undefined;
  /** How long a frame or an answer of the FHIR server may be, in bytes; default 8 MiB. */
  readonly upstreamFrame?: number | undefined;
}

/** The bounds, every one of them known. */
export type Limits = { readonly [name in keyof GateLimits]-?: number };

const usual: Limits = {
  bindTimeout: 30,
  maxFrame: (64 << 10) + 64,
  maxQueue: 1 << 20,
  bytesPerSecond: 1 << 20,
  sockets: 10_000,
  bound: 4_000,
  waiting: 16,
  upstreamFrame: 8 << 20,
};

/** The longest time that a timer holds, in seconds: 31 bits of milliseconds. */
const longest = 2_147_483;

/** readLimits checks the bounds that were given, and adds the others. */
export function readLimits(given: GateLimits): Limits {
  const options = readOptions("limits", given, Object.keys(usual) as (keyof GateLimits)[]);
  const limits = Object.entries(usual).map(([name, absent]) => [name, checkLimit(name, options[name as keyof GateLimits] ?? absent)]);
  return Object.fromEntries(limits) as Limits;
}

function checkLimit(name: string, value: unknown): number {
  if (name === "bindTimeout") return checkSeconds("limits.bindTimeout", value);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  return refuse(`limits.${name} is ${show(value)}, a whole number from 1 is due`);
}

/** checkSeconds refuses what is no time that can be waited for. */
export function checkSeconds(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && value <= longest) return value;
  return refuse(`${name} is ${show(value)}, a number of seconds above 0 and up to ${longest} is due`);
}
