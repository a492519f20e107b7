// The mock server that serves this page, if one does. On a static host there is
// none, and wsbind.json has nothing in it, or what the host wrote there.

import { signal, type ReadonlySignal } from "@preact/signals";
import type { Release } from "wsbind";

/** What the server says of itself. */
export interface About {
  readonly version?: string;
  /** What precedes /fhir/R4 and the like. */
  readonly base: string;
  readonly fhir: Readonly<Record<Release, string>>;
  readonly jwks: string;
  /** The management interface, where the page may use it. */
  readonly management: string | null;
  readonly seed?: number;
  /** When this run of the server began: another one knows nothing of what was. */
  readonly started?: string;
}

/** Whether there is a server. */
export type Server =
  | { readonly state: "looking" }
  | { readonly state: "none" }
  | { readonly state: "there"; readonly about: About }
  | { readonly state: "away"; readonly about: About };

/** Milliseconds between two looks: at a server that answers, and at one that does not. */
const LOOK = 5_000;
const LOOK_AGAIN = 1_000;

const current = signal<Server>({ state: "looking" });
let timer: ReturnType<typeof setTimeout> | undefined;

/** The server. */
export const server: ReadonlySignal<Server> = current;

/** Looks for the server, and from then on whether it is still there. */
export async function watchServer(): Promise<void> {
  clearTimeout(timer);
  const about = await look();
  const before = current.value;
  if (about) current.value = found(before, about);
  else if (before.state === "there") current.value = { state: "away", about: before.about };
  else if (before.state === "looking") current.value = { state: "none" };
  if (current.value.state === "none") return; // a static host does not become a server
  timer = setTimeout(() => void watchServer(), current.value.state === "there" ? LOOK : LOOK_AGAIN);
}

/** Asks wsbind.json; null where nobody answers or it names no server. */
async function look(): Promise<About | null> {
  try {
    const response = await fetch("wsbind.json", { cache: "no-store", signal: AbortSignal.timeout(LOOK) });
    const said = (await response.json()) as Partial<About> | null;
    if (!response.ok || typeof said?.base !== "string" || typeof said.fhir !== "object" || typeof said.jwks !== "string") return null;
    return { ...said, base: said.base, fhir: said.fhir, jwks: said.jwks, management: said.management ?? null };
  } catch {
    return null;
  }
}

/** A server that was out of reach for a while is still the same, as long as it has not started anew. */
function found(before: Server, about: About): Server {
  const known = before.state === "there" || before.state === "away" ? before.about : null;
  if (known === null || JSON.stringify(known) !== JSON.stringify(about)) return { state: "there", about };
  return before.state === "there" ? before : { state: "there", about: known };
}
