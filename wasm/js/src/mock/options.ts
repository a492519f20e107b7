// What a tenant is made with, and what every option is held to.

import { checkOneOf, isText, readOptions, refuse, show } from "../options.js";

/** How a server speaks on the websocket: `medplum`, `legacy` and `query` are what other servers do. */
export type Dialect = "spec" | "medplum" | "legacy" | "query";

/** Which faults strike unasked: none, what is legal but unusual, or the whole catalogue. */
export type Profile = "polite" | "surprising" | "hostile";

/** What a tenant is made with. What is not given is as the server was started. */
export interface TenantOptions {
  /** What chance is drawn from: the same seed with the same actions gives the same run. */
  readonly seed?: number | undefined;
  /** Which faults strike unasked. */
  readonly profile?: Profile | undefined;
  /** How it speaks on the websocket. */
  readonly dialect?: Dialect | undefined;
  /** `virtual` stands still until it is advanced. */
  readonly clock?: "real" | "virtual" | undefined;
  /** When a virtual clock begins. */
  readonly start?: Date | string | undefined;
  /**
   * Says that clients follow the virtual clock too. What a client does at the wrong
   * time is then held against it; otherwise it never is.
   */
  readonly sharedClock?: boolean | undefined;
}

/** The names of these. */
export const forTenants = ["seed", "profile", "dialect", "clock", "start", "sharedClock"] as const;

/** readTenantOptions checks the options of a tenant and returns what the management interface is sent. */
export function readTenantOptions(given: TenantOptions): Record<string, unknown> {
  const { sharedClock, ...others } = readTenant(readOptions("tenant", given, forTenants));
  return { ...others, shared: sharedClock };
}

/** readTenant checks them, and returns them as JSON has them. */
export function readTenant({ seed, profile, dialect, clock, start, sharedClock }: TenantOptions): TenantOptions {
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 1)) refuse(`seed is ${show(seed)}, a whole number from 1 to ${Number.MAX_SAFE_INTEGER} is due`);
  checkOneOf("profile", profile, ["polite", "surprising", "hostile"]);
  checkOneOf("dialect", dialect, ["spec", "medplum", "legacy", "query"]);
  checkOneOf("clock", clock, ["real", "virtual"]);
  return { seed, profile, dialect, clock, start: start === undefined ? undefined : instant("start", start), sharedClock };
}

/** instant returns a time as RFC 3339. */
export function instant(name: string, time: Date | string): string {
  if (time instanceof Date && !Number.isNaN(time.getTime())) return time.toISOString();
  if (isText(time)) return time;
  return refuse(`${name} is ${show(time)}, a Date or a text such as "2026-03-01T12:00:00Z" is due`);
}

/** checkSeconds refuses what cannot be waited for. */
export function checkSeconds(name: string, seconds: unknown): void {
  if (!(typeof seconds === "number" && seconds >= 0 && seconds <= 1e6)) refuse(`${name} is ${show(seconds)}, seconds from 0 to 1000000 are due`);
}

/** checkName refuses what is no name of a tenant. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== "string" || !/^[A-Za-z0-9\-._~]{1,64}$/.test(name)) refuse(`tenant is ${show(name)}, 1 to 64 of A-Z a-z 0-9 - . _ ~ are due`);
}
