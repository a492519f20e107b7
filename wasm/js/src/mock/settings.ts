// What startMock is told, and the flags of wsbind serve that this becomes.

import { readOptions, refuse, show } from "../options.js";
import { findBinary, type Binary } from "./binary.js";
import { checkName, checkSeconds, forTenants, readTenant, type TenantOptions } from "./options.js";

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
