// The world that the page works in: a tenant of the mock server that nobody else
// uses unless they are pointed at it, so that the page neither disturbs other
// clients nor is counted as one of them.

import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { Release, WsbindError } from "wsbind";
import { attachMock, type AttachedMock, type MockTenant, type Profile } from "wsbind/mock";
import { advanceClock, setClock } from "./clock.ts";
import { asError } from "./engine.ts";
import { server, type About } from "./server.ts";

/** A place where Subscriptions can be made. */
export interface World {
  /** The tenant's name; "" for a server that is not a mock of ours. */
  readonly name: string;
  /** The FHIR bases that there are. */
  readonly bases: Readonly<Partial<Record<Release, string>>>;
  /** The JWK Set that verifies its tokens, where it is known. */
  readonly jwks: string | null;
  /** What can be done to it; null without a management interface. */
  readonly tenant: MockTenant | null;
  readonly seed: number | null;
  readonly profile: Profile;
  readonly virtual: boolean;
}

/** The world, or why there is none. */
export type WorldState =
  | { readonly state: "none" }
  | { readonly state: "making" }
  | { readonly state: "there"; readonly world: World }
  | { readonly state: "failed"; readonly error: WsbindError };

/** What a world is made with. */
export interface Wishes {
  readonly seed?: number | undefined;
  readonly profile?: Profile | undefined;
  readonly virtual?: boolean | undefined;
}

/** Where the tenant's name is kept, so that a page that is loaded again has the same one. */
const NAME = "wsbind-tenant";

const current = signal<WorldState>({ state: "none" });
const settling: ((tenant: MockTenant) => Promise<void>)[] = [];

/** Counts worlds: one that is ready when another was asked for is nobody's. */
let latest = 0;
let making = Promise.resolve();
let moving = Promise.resolve();

/** The world. Another object is another world: what was known of the one before is void. */
export const world: ReadonlySignal<WorldState> = current;

/** The same, where there is one; null otherwise. */
export const here: ReadonlySignal<World | null> = computed(() => (current.value.state === "there" ? current.value.world : null));

/** Makes a world with the server wherever there is one, and a new one where the server forgot it. */
export function followServer(): void {
  let known: About | null = null;
  effect(() => {
    const found = server.value;
    if (found.state !== "there" || found.about === known) return;
    known = found.about;
    void makeWorld({});
  });
}

/** Makes the world anew: nothing of the old one is left. */
export async function makeWorld(wishes: Wishes): Promise<void> {
  const found = server.peek();
  if (found.state !== "there") return;
  const mine = ++latest;
  current.value = { state: "making" };
  // One behind the other: all have one name, and the server must end with the last.
  making = making.then(() => settle(mine, found.about, wishes));
  await making;
}

async function settle(mine: number, about: About, wishes: Wishes): Promise<void> {
  if (mine !== latest) return;
  try {
    const made = await make(about, tenantName(), wishes);
    const at = made.virtual ? (await made.tenant!.clock()).now : null;
    if (mine === latest) enter(made, at);
  } catch (err) {
    if (mine === latest) current.value = { state: "failed", error: asError(err) };
  }
}

function enter(next: World, at: Date | null): void {
  setClock(at);
  current.value = { state: "there", world: next };
}

/** Takes a FHIR server that is not ours for the world, where the page's host lets it. */
export function useForeignServer(release: Release, base: string): void {
  latest++;
  enter({ name: "", bases: { [release]: base }, jwks: null, tenant: null, seed: null, profile: "polite", virtual: false }, null);
}

/** Leaves it again. */
export function leaveForeignServer(): void {
  if (server.value.state === "none") current.value = { state: "none" };
}

/** Names what must have come to rest before a virtual clock moves on. */
export function settleWith(settled: (tenant: MockTenant) => Promise<void>): void {
  settling.push(settled);
}

/** Advances the virtual clock of the world, behind whatever advances it already. */
export async function advance(milliseconds: number): Promise<void> {
  const of = here.peek();
  const moved = moving.then(() => (of === here.peek() && of?.virtual ? move(of, milliseconds) : undefined));
  moving = moved.catch(() => {}); // told to who asked for it
  await moved;
}

function move({ tenant }: World, milliseconds: number): Promise<void> {
  return advanceClock(milliseconds, {
    moveServer: (to) => tenant!.setClock(to),
    settled: async () => void (await Promise.all(settling.map((settled) => settled(tenant!)))),
  });
}

async function make(about: About, name: string, { seed, profile = "polite", virtual = false }: Wishes): Promise<World> {
  if (about.management === null) return withoutManagement(about, name);
  const mock: AttachedMock = await attachMock({ management: about.management });
  const tenant = await mock.tenant(name, { seed, profile, clock: virtual ? "virtual" : "real", sharedClock: virtual });
  const bases = { R4: tenant.base("R4"), R4B: tenant.base("R4B"), R5: tenant.base("R5") };
  return { name, bases, jwks: about.jwks, tenant, seed: tenant.seed ?? null, profile, virtual };
}

/** A tenant is made by its first use, too, with the settings of the server. */
function withoutManagement({ base, jwks }: About, name: string): World {
  const of = (release: Release): string => `${base}/t/${name}/fhir/${release}`;
  return { name, bases: { R4: of("R4"), R4B: of("R4B"), R5: of("R5") }, jwks, tenant: null, seed: null, profile: "polite", virtual: false };
}

function tenantName(): string {
  const kept = stored();
  if (kept !== null && /^page-[0-9a-v]{10}$/.test(kept)) return kept;
  // Any web page may use a tenant that it can name: this one is not to be guessed.
  const letters = crypto.getRandomValues(new Uint8Array(10));
  const name = `page-${Array.from(letters, (n) => (n % 32).toString(32)).join("")}`;
  try {
    sessionStorage.setItem(NAME, name);
  } catch {
    // Where nothing may be stored, each load has a tenant of its own.
  }
  return name;
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}
