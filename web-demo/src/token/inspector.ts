// What the inspector holds: the token, what it is held against, and what came of
// it. It stays while other views are shown.

import { batch, effect, signal } from "@preact/signals";
import { inspect, type Inspection, type JWKSet, type WsbindError } from "wsbind";
import { now } from "../clock.ts";
import { asError, engine, timedLater } from "../engine.ts";
import { world } from "../world.ts";
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

/** The keys of a server, which are fetched once for each token. */
let fetched: { readonly url: string; readonly token: string; readonly keys: JWKSet } | null = null;
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

// Whenever anything changes, and each second, for tokens expire while one looks.
effect(() => {
  const wanted = { token: token.value.trim(), source: source.value, keysText: keysText.value, issuer: issuerDue.value, audience: audienceDue.value, tolerance: tolerance.value };
  const at = Math.floor(now.value / 1000);
  if (engine.value.state === "ready") void look(wanted, at);
});

interface Wanted {
  readonly token: string;
  readonly source: KeySource;
  readonly keysText: string;
  readonly issuer: string;
  readonly audience: string;
  readonly tolerance: number;
}

async function look(wanted: Wanted, at: number): Promise<void> {
  const mine = ++run;
  const result = wanted.token === "" ? { state: "nothing" } as const : await examine(wanted, at);
  if (mine === run) found.value = result;
}

async function examine({ token, source, keysText, issuer, audience, tolerance }: Wanted, at: number): Promise<Found> {
  const here = engine.peek();
  if (here.state !== "ready") return { state: "nothing" };
  try {
    const keys = source === "server" ? await keysOfServer(token) : source === "text" && keysText.trim() !== "" ? keysText : undefined;
    const inspection = await timedLater("a token", () => inspect(token, {
      kit: here.kit, now: at, clockTolerance: tolerance,
      ...(keys !== undefined && { keys }), ...(issuer !== "" && { issuer }), ...(audience !== "" && { audience }),
    }));
    return { state: "found", inspection, at: at * 1000 };
  } catch (err) {
    return { state: "failed", error: asError(err) };
  }
}

/** Fetches the JWK Set of the server, once for each token: keys change. */
async function keysOfServer(token: string): Promise<JWKSet | undefined> {
  const url = jwksOfWorld();
  if (url === null) return undefined;
  if (fetched?.url !== url || fetched.token !== token) {
    const response = await fetch(url);
    fetched = { url, token, keys: (await response.json()) as JWKSet };
  }
  return fetched.keys;
}

/** The JWK Set's address of the server that the page works with. */
export function jwksOfWorld(): string | null {
  const here = world.value;
  return here.state === "there" ? here.world.jwks : null;
}

/** Has a sample inspected. */
export async function tryTheSample(name: SampleName): Promise<void> {
  const here = engine.peek();
  if (here.state !== "ready") return;
  sampleError.value = null;
  try {
    const sample = await makeSample(name, Date.now(), here.kit);
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
