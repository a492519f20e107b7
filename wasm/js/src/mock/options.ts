// What startMock is told, and the flags of wsbind serve that this becomes.

import { checkOneOf, isText, readOptions, refuse, show } from "../options.js";
import { findBinary, type Binary } from "./binary.js";

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

/** What `startMock` may be told. Everything has a default. */
export interface StartMockOptions extends TenantOptions {
  /** The binary, a path or a `file:` URL; default the variable `WSBIND_BIN`, then `wsbind` in `PATH`. */
  readonly binary?: string | URL | undefined;
  /** Further flags of `wsbind serve`, such as `["--alg", "ES384"]`. */
  readonly args?: readonly string[] | undefined;
  /** A file with a scenario, which the server plays. */
  readonly scenario?: string | undefined;
  /** How long a token is valid: seconds, or such as `"30s"`; default 5 minutes. */
  readonly lifetime?: number | string | undefined;
  /** True has requests without a bearer token answered by 401. */
  readonly requireAuth?: boolean | undefined;
  /** The tenant that the mock's own members are about; default the one without a name. */
  readonly tenant?: string | undefined;
  /** Ends the server when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Is handed each line of the server's log, JSON. */
  readonly onLog?: ((line: string) => void) | undefined;
  /** How long the server may take to start, in seconds; default 60. */
  readonly timeout?: number | undefined;
}

/** The options as they are used. */
export interface Settings {
  readonly binary: Binary;
  readonly flags: readonly string[];
  readonly tenant: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onLog: ((line: string) => void) | undefined;
  readonly timeout: number;
}

const START = 60;
const forTenants = ["seed", "profile", "dialect", "clock", "start", "sharedClock"] as const;
const known = [...forTenants, "binary", "args", "scenario", "lifetime", "requireAuth", "tenant", "signal", "onLog", "timeout"] as const;

/** readSettings checks the options of startMock. What a flag may say is for the binary to judge. */
export function readSettings(given: StartMockOptions): Settings {
  const options = readOptions("startMock", given, known);
  const { args = [], timeout = START, tenant, signal, onLog } = options;
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === "string")) refuse(`args is ${show(args)}, an array of strings is due`);
  checkSeconds("timeout", timeout);
  if (onLog !== undefined && typeof onLog !== "function") refuse(`onLog is ${show(onLog)}, a function is due`);
  if (tenant !== undefined) checkName(tenant);
  return { binary: findBinary(options.binary), flags: [...flags(options), ...args], tenant, signal, onLog, timeout };
}

function flags(options: StartMockOptions): string[] {
  const { seed, profile, dialect, clock, start, sharedClock } = readTenant(options);
  const { scenario, lifetime, requireAuth } = options;
  const valued = { seed, profile, dialect, clock, start, scenario, lifetime: typeof lifetime === "number" ? `${lifetime}s` : lifetime };
  const list = Object.entries(valued).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  if (sharedClock) list.push("--shared-clock");
  if (requireAuth) list.push("--require-auth");
  return list;
}

/** readTenantOptions checks the options of a tenant and returns what the management interface is sent. */
export function readTenantOptions(given: TenantOptions): Record<string, unknown> {
  const { sharedClock, ...others } = readTenant(readOptions("tenant", given, forTenants));
  return { ...others, shared: sharedClock };
}

function readTenant({ seed, profile, dialect, clock, start, sharedClock }: TenantOptions): TenantOptions {
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
