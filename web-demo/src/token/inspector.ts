// What the inspector holds: the token, what it is held against, and what came of
// it. It stays while other views are shown.

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { inspect, WsbindError, type Inspection, type JWKSet, type Kit } from "wsbind";
import { now } from "../clock.ts";
import { asError, engine, timedLater } from "../engine.ts";
import { route } from "../route.ts";
import { here, type World } from "../world.ts";
import { handed } from "./handed.ts";
import { makeSample, type SampleName } from "./samples.ts";

/** Where the keys come from: the world's server, or a text. */
export type KeySource = "server" | "text" | "none";

/** The token, as it was pasted; white space around it is no part of it. */
export const token = signal("");
/** Where the keys come from. */
export const source = signal<KeySource>("none");
/** A JWK Set that was pasted. */
export const keysText = signal("");
/** The iss that is due, "" for any. */
export const issuerDue = signal("");
/** The aud that is due, "" for any. */
export const audienceDue = signal("");
/** Seconds by which clocks may differ. */
export const tolerance = signal(0);

/** What was found, or what is wrong with the settings. */
export type Found =
  | { readonly state: "nothing" }
  | { readonly state: "found"; readonly inspection: Inspection; readonly at: number }
  | { readonly state: "failed"; readonly error: WsbindError };

/** What was found out about the token. */
export const found = signal<Found>({ state: "nothing" });

/** Why a sample could not be made. */
export const sampleError = signal<string | null>(null);

/** Milliseconds until a JWK Set is waited for in vain. */
const PATIENCE = 10_000;

/** The keys of a server, which are fetched once for each token and world: keys change. */
let fetched: { readonly of: World; readonly token: string; readonly keys: Promise<JWKSet> } | null = null;
let run = 0;

effect(() => {
  const given = handed.value;
  if (!given) return;
  batch(() => {
    token.value = given.token;
    issuerDue.value = given.issuer ?? "";
    audienceDue.value = given.audience ?? "";
    if (jwksOfWorld() !== null) source.value = "server";
    handed.value = null;
  });
});

interface Wanted {
  readonly token: string;
  readonly source: KeySource;
  readonly keysText: string;
  readonly issuer: string;
  readonly audience: string;
  readonly tolerance: number;
  /** Whose keys are meant by those of the server. */
  readonly of: World | null;
}

const wanted = computed((): Wanted => ({
  token: token.value.trim(), source: source.value, keysText: keysText.value, issuer: issuerDue.value, audience: audienceDue.value, tolerance: tolerance.value, of: here.value,
}));
const second = computed(() => Math.floor(now.value / 1000));
let before: Wanted | null = null;

// Whenever anything changes, and each second while one looks, for tokens expire meanwhile.
effect(() => {
  if (engine.value.state !== "ready" || route.value.view !== "token") return;
  const [asked, at] = [wanted.value, second.value];
  const again = asked === before;
  before = asked;
  untracked(() => void look(asked, at, again));
});

async function look(wanted: Wanted, at: number, again: boolean): Promise<void> {
  const mine = ++run;
  const result = wanted.token === "" ? { state: "nothing" } as const : await examine(wanted, at, again);
  if (mine === run) found.value = result;
}

async function examine({ token, source, keysText, issuer, audience, tolerance, of }: Wanted, at: number, again: boolean): Promise<Found> {
  const ready = engine.peek();
  if (ready.state !== "ready") return { state: "nothing" };
  try {
    const keys = source === "server" ? await keysOf(of, token) : source === "text" && keysText.trim() !== "" ? keysText : undefined;
    const work = (): Promise<Inspection> => inspect(token, {
      kit: ready.kit, now: at, clockTolerance: tolerance,
      ...(keys !== undefined && { keys }), ...(issuer !== "" && { issuer }), ...(audience !== "" && { audience }),
    });
    const inspection = await (again ? work() : timedLater("a token", work)); // what the clock asks for is no news
    return { state: "found", inspection, at: at * 1000 };
  } catch (err) {
    return { state: "failed", error: asError(err) };
  }
}

/** The JWK Set of the server, fetched where it is not there; after a failure it is fetched again. */
async function keysOf(of: World | null, token: string): Promise<JWKSet | undefined> {
  if (of === null || of.jwks === null) return undefined;
  if (fetched?.of !== of || fetched.token !== token) fetched = { of, token, keys: fetchKeys(of.jwks) };
  const mine = fetched;
  try {
    return await mine.keys;
  } catch (err) {
    if (fetched === mine) fetched = null;
    throw err;
  }
}

async function fetchKeys(url: string): Promise<JWKSet> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new WsbindError("keys-unavailable", `the server answered ${response.status} where its JWK Set should be`);
  return (await response.json()) as JWKSet;
}

/** The JWK Set's address of the server that the page works with. */
export function jwksOfWorld(): string | null {
  return here.value?.jwks ?? null;
}

/** The sample that waits for the engine. */
const askedFor = signal<SampleName | null>(null);

/** Has a sample inspected, as soon as the engine is there. */
export function tryTheSample(name: SampleName): void {
  askedFor.value = name;
}

effect(() => {
  const ready = engine.value;
  const name = askedFor.value;
  if (ready.state !== "ready" || name === null) return;
  askedFor.value = null;
  untracked(() => void takeSample(name, ready.kit));
});

async function takeSample(name: SampleName, kit: Kit): Promise<void> {
  sampleError.value = null;
  try {
    const sample = await makeSample(name, now.peek(), kit);
    batch(() => {
      token.value = sample.token;
      source.value = "text";
      keysText.value = JSON.stringify(sample.keys, null, 2);
      issuerDue.value = sample.issuer;
      audienceDue.value = sample.audience;
    });
  } catch (err) {
    sampleError.value = typeof crypto.subtle === "undefined"
      ? "The browser makes signatures on secure pages only: open the page by https, or by 127.0.0.1 or localhost."
      : asError(err).message;
  }
}
