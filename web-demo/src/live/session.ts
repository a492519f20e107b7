// The channel of this page: what the buttons do, and what is known of it. It ends
// with its world.

import { computed, effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import { SubscriptionSteps, websocketSubscription, WsbindError, type Kit, type Resource } from "wsbind";
import { pageClock } from "../clock.ts";
import { asError, engine } from "../engine.ts";
import type { Place } from "../fhir-base.ts";
import { announce } from "../ui/announce.tsx";
import { clear, onMessage, recorded, type Message } from "../wire/recorder.ts";
import { inRow } from "../wire/reading.ts";
import { here, type World } from "../world.ts";
import { driver, type Driver } from "./client.ts";
import { follow, leave, nothing, type Facts, type StepName } from "./facts.ts";
import { content, heartbeat, release, topic } from "./settings.ts";
import { Timeline, type Entry, type Strip } from "./timeline.ts";
import { told } from "./told.ts";

/** What every client here is given. */
type Wiring = Place & ReturnType<typeof recorded> & {
  readonly clock: typeof pageClock;
  readonly kit?: Kit;
};

/** What a client that drives can be told. */
export interface Drive {
  readonly driver: Driver;
  /** Ends it, and its socket. */
  stop(): void;
}

const known = signal<Facts>(nothing);
const said = signal("");
const seen = signal<{ readonly strips: readonly Strip[]; readonly entries: readonly Entry[] }>({ strips: [], entries: [] });

let timeline = new Timeline();
let wiring: Wiring | null = null;
let steps: SubscriptionSteps | null = null;
let drive: Drive | null = null;
let place: World | null = null;

/** Counts beginnings: what an earlier one brings is dropped. */
let beginning = 0;

/** What is known of the channel. */
export const facts: ReadonlySignal<Facts> = known;

/** What a client that drives says of itself, or why everything began anew. */
export const remark: ReadonlySignal<string> = said;

/** The events, by Subscription, and the notifications that brought them. */
export const events: ReadonlySignal<{ readonly strips: readonly Strip[]; readonly entries: readonly Entry[] }> = seen;

/** How many events came. */
export const came: ReadonlySignal<number> = computed(() => seen.value.strips.reduce((sum, strip) => sum + strip.came, 0));

/** Whether events are missing. */
export const gaps: ReadonlySignal<boolean> = computed(() => seen.value.strips.some(({ missing }) => missing.length > 0));

/** The Subscription that a button would create. */
export function wanted(): Resource {
  const period = heartbeat.value > 0 ? { heartbeatPeriod: heartbeat.value } : {};
  return websocketSubscription({ fhir: release.value, topic: topic.value, content: content.value, ...period });
}

/** The base of the release that was chosen; "" where there is none. */
export const base: ReadonlySignal<string> = computed(() => here.value?.bases[release.value] ?? "");

/** What clients are given, made with the first step: from then on the release is decided. */
export function wire(): Wiring {
  if (wiring) return wiring;
  if (base.value === "") throw new WsbindError("invalid-call", `there is no FHIR base of ${release.value} in this world: choose another release`);
  const at = { base: new URL(base.value).href.replace(/\/+$/, ""), fhir: release.value };
  const kit = engine.value.state === "ready" ? { kit: engine.value.kit } : {};
  return (wiring = { ...at, ...recorded(at), clock: pageClock, ...kit });
}

/** The steps, of which there are one set in a world. */
export function hand(): SubscriptionSteps {
  if (steps) return steps;
  const made = steps = new SubscriptionSteps(wire());
  made.addEventListener("close", ({ detail: { reason } }) => {
    if (steps === made && reason && driver.value === "hand") fail("connect", reason);
  });
  return made;
}

/**
 * Takes a step, and keeps what went wrong with it. Resolves to whether it was taken.
 * `said` is what is read out then. What went wrong with the channel still holds when
 * events are made.
 */
export async function take(step: StepName, work: () => Promise<unknown>, said = `${told[step].title}: done.`): Promise<boolean> {
  const mine = beginning;
  const { failure } = known.value;
  known.value = { ...known.value, busy: step, failure: step === "listen" && failure?.step !== step ? failure : null };
  try {
    await work();
    if (mine !== beginning) return false;
    known.value = { ...known.value, busy: null };
    if (driver.value === "hand") announce(said);
    return true;
  } catch (err) {
    if (mine === beginning) fail(step, asError(err));
    return false;
  }
}

/** Notes why a step failed, and that it is over. */
export function fail(step: StepName, error: WsbindError): void {
  known.value = { ...known.value, busy: null };
  if (error.code !== "aborted") complain(step, error);
}

/** Notes what is wrong with a step, whatever else is under way. */
export function complain(step: StepName, error: WsbindError): void {
  known.value = { ...known.value, failure: { step, error } };
  if (driver.value === "hand") announce(`Failed: ${error.message}`);
}

/** Creates the Subscription that was chosen. */
export function createSubscription(): Promise<boolean> {
  return take("create", async () => {
    const mine = beginning;
    const { id, ...rest } = await hand().create(wanted());
    const created = { id, topic: topic.value, status: typeof rest["status"] === "string" ? rest["status"] : "" };
    if (mine === beginning) known.value = { ...known.value, subscriptions: [...known.value.subscriptions, created] };
  });
}

/** Gets a token for the Subscriptions. */
export const getToken = (): Promise<boolean> => take("token", () => hand().getToken());

/** Opens the websocket that came with the token. */
export const connect = (): Promise<boolean> => take("connect", () => hand().connect());

/** Shows the token on it. */
export const bind = (): Promise<boolean> => take("bind", () => hand().bind());

/** Gets another token and shows that. */
export const renew = (): Promise<boolean> => take("renew", () => hand().renew());

/** Fetches the events that are missing. */
export function catchUp(): Promise<boolean> {
  const missing = seen.value.strips.flatMap(({ subscription, missing }) => missing.map((range) => ({ subscription, range })));
  return take("listen", async () => {
    for (const { subscription, range } of missing) await hand().events(subscription, range);
  }, "Asked for what is missing.");
}

/** Ends the client that drives, or the socket. */
export function disconnect(): void {
  stopDriving();
  steps?.close();
  remarkThat("");
}

/** Has a client take the steps. */
export function startDriving(next: Drive): void {
  drive = next;
  driver.value = next.driver;
}

/** Takes the steps from the client that has them. */
export function stopDriving(): void {
  const last = drive;
  drive = null;
  driver.value = "hand";
  last?.stop();
  if (last) known.value = leave(known.value, steps?.grant?.token);
}

/** Says something about the client that drives. */
export function remarkThat(text: string): void {
  said.value = text;
}

/** By Subscription, the last event up to which nothing is missing. */
export function handled(): Record<string, bigint> {
  return Object.fromEntries(known.value.subscriptions.map(({ id }) => [id, timeline.handled(id) ?? 0n]));
}

/** Begins anew: with other Subscriptions, and maybe another release. */
export function startOver(because = ""): void {
  beginning++;
  stopDriving();
  const last = steps;
  steps = wiring = null;
  last?.close();
  timeline = new Timeline();
  known.value = nothing;
  seen.value = { strips: [], entries: [] };
  clear();
  remarkThat(because);
}

function look(message: Message): void {
  const before = known.value;
  known.value = follow(before, message);
  if (driver.value !== "hand") tellTurn(before, known.value);
  const entries = timeline.note(message);
  if (entries.length === 0) return;
  seen.value = { strips: timeline.strips, entries: timeline.entries };
  for (const entry of entries) tell(entry);
}

/** Tells what a client by itself came to; of its single steps there are too many. */
function tellTurn(before: Facts, after: Facts): void {
  if (after.renewals > before.renewals) announce("The token was renewed.");
  else if (after.bound !== before.bound) announce(after.bound ? "Bound: notifications come now." : "The connection is lost.");
}

function tell({ numbers, repeated, asked, missing }: Entry): void {
  if (numbers.length === 0) return announce("A notification shows that events are missing.");
  const what = `${numbers.length === 1 ? "Event" : "Events"} ${inRow(numbers).replace("–", " to ")}`;
  const gap = missing.length > 0 ? ", after a gap" : "";
  announce(`${what} ${repeated.length === numbers.length ? "came again" : asked ? "fetched" : "came"}${gap}.`);
}

/** Follows the messages and the world from now on: another world leaves nothing of this one. */
function followWorld(): void {
  onMessage(look);
  effect(() => {
    const next = here.value;
    if (next === null || next === place) return;
    const first = place === null;
    place = next;
    if (!next.bases[release.peek()]) release.value = (Object.keys(next.bases)[0] as typeof release.value | undefined) ?? "R4";
    untracked(() => startOver(first ? "" : "This world is new: what was here before is gone with the old one. Begin again with the first step."));
  });
  // Where the first step failed, another release can still be chosen: it has another base.
  effect(() => {
    const chosen = release.value;
    if (wiring !== null && wiring.fhir !== chosen) untracked(startOver);
  });
}

followWorld();
