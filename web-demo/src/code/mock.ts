// Snippets for the management interface of the mock.

import type { Release } from "wsbind";
import type { FaultSpec, TenantOptions } from "wsbind/mock";
import { jsLiteral } from "./literal.ts";
import { below, type Snippets } from "./place.ts";
import { jsString } from "./quote.ts";
import { JSON_TYPE, restCurl, restGo, type Exchange } from "./rest.ts";

/** A management interface. */
export interface Managed {
  /** Its URL, below /t/NAME for the tenant of that name. */
  readonly management: string;
}

/** Makes a tenant, or makes it anew. */
export function makeTenant({ management, name, settings }: Managed & { readonly name: string; readonly settings: TenantOptions }): Snippets {
  const { origin } = parts(management);
  const exchange: Exchange = { method: "PUT", url: below(origin, "tenants", name), body: settings, type: JSON_TYPE };
  const given = jsLiteral(settings);
  const js = `${attached({ management: origin })}const tenant = await mock.tenant(${jsString(name)}${given === "{}" ? "" : `, ${given}`});
console.log(tenant.base("R5"), tenant.seed);
`;
  return { curl: restCurl(exchange), go: restGo(exchange), js };
}

/** Plans a fault: for its next occasions, or by chance where it has a probability. */
export function planFault({ management, spec }: Managed & { readonly spec: FaultSpec }): Snippets {
  const method = spec.probability === undefined ? "next" : "set";
  return managed({ management, method: "POST", path: "faults", body: spec, js: `console.log(await mock.faults.${method}(${jsLiteral(spec, "", 37)}));` });
}

/** Takes back every planned fault. */
export function clearFaults({ management }: Managed): Snippets {
  return managed({ management, method: "DELETE", path: "faults", js: "await mock.faults.clear();\nconsole.log((await mock.faults.state()).planned);" });
}

/** Advances a virtual clock by seconds, or by such as "1h". */
export function advanceClock({ management, by }: Managed & { readonly by: number | string }): Snippets {
  const body = typeof by === "number" ? { seconds: by } : { by };
  return managed({ management, method: "POST", path: "clock/advance", body, js: `const { now } = await mock.advance(${JSON.stringify(by)});\nconsole.log(now);` });
}

/** What {@link emitEvents} makes. */
export interface Emitted extends Managed {
  /** The id of the Subscription. */
  readonly subscription: string;
  readonly count: number;
  /** Which base is meant, where several have the id. */
  readonly fhir?: Release | undefined;
}

/** Makes events that no change has caused. */
export function emitEvents({ management, subscription, count, fhir }: Emitted): Snippets {
  const body = { subscription, count, fhir };
  return managed({ management, method: "POST", path: "events", body, js: `console.log(await mock.emit(${jsLiteral(body, "", 28)}));` });
}

/** Asks what the clients did wrong. */
export function verdicts({ management }: Managed): Snippets {
  const js = "for (const { severity, code, message, advice } of await mock.verdicts()) {\n  console.log(severity, code, message, advice);\n}";
  return managed({ management, method: "GET", path: "verdicts", js });
}

/** Revokes the tokens of a Subscription, and ends what they bound. */
export function revoke({ management, subscription, fhir }: Managed & { readonly subscription: string; readonly fhir?: Release | undefined }): Snippets {
  const body = { subscription, fhir };
  return managed({ management, method: "POST", path: "revoke", body, js: `console.log(await mock.revoke(${jsLiteral(body, "", 30)}));` });
}

interface Action extends Managed {
  readonly method: Exchange["method"];
  /** Below the management interface. */
  readonly path: string;
  readonly body?: object;
  /** What is done with a mock that is attached. */
  readonly js: string;
}

function managed({ management, method, path, body, js }: Action): Snippets {
  const { origin, tenant } = parts(management);
  const exchange: Exchange = { method, url: `${management.replace(/\/+$/, "")}/${path}`, type: JSON_TYPE, ...(body && { body }) };
  return { curl: restCurl(exchange), go: restGo(exchange), js: `${attached({ management: origin, tenant })}${js}\n` };
}

function attached(options: { readonly management: string; readonly tenant?: string | undefined }): string {
  return `import { attachMock } from "wsbind/mock";\n\nconst mock = await attachMock(${jsLiteral(options, "", 30)});\n`;
}

/** The package takes the two apart. */
function parts(management: string): { readonly origin: string; readonly tenant: string | undefined } {
  const [, origin, tenant] = /^(.*?)\/+t\/([^/]+)\/*$/.exec(management) ?? [];
  if (origin === undefined || tenant === undefined) return { origin: management.replace(/\/+$/, ""), tenant: undefined };
  return { origin, tenant: decodeURIComponent(tenant) };
}
