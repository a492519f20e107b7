// The careless client: it makes the mistakes that the mock names in its findings.
// It never renews, shows its token again when that is dead, repeats at once what
// failed, leaves gaps alone, and handles an event again when it comes again.

import { computed, effect } from "@preact/signals";
import type { ClientEvent, StepsClose, StepsNotification, SubscriptionSteps } from "wsbind";
import { pageClock } from "../clock.ts";
import { announce } from "../ui/announce.tsx";
import { settleWith } from "../world.ts";
import { content } from "./settings.ts";
import { bind, connect, facts, hand, remarkThat, stopDriving, wire, type Drive } from "./session.ts";

/** How often it repeats a step that failed, and how often it connects again in a row: enough to be noticed. */
const REPEATS = 10;
const RECONNECTS = 10;

/** A connection that lasts so long was a success; milliseconds. */
const LASTS = 2_000;

/** The share of a token's life after which it could still renew in time, and does not. */
const LATE = 0.95;

/** How long it lets that moment pass, by the wall: the mock blames nobody for a virtual clock that did not stand still there. */
const HESITATES = 1_200;

const latestGrant = computed(() => facts.value.grant);

let hesitation: Promise<unknown> = Promise.resolve();
settleWith(async () => void (await hesitation));

/** Repeats a step at once until it is taken. */
export async function carelessly(step: () => Promise<boolean>): Promise<boolean> {
  for (let n = 0; n < REPEATS; n++) {
    if (await step()) return true;
    if (facts.value.failure === null) return false; // it was called off
  }
  return false;
}

/** Takes over where the steps are: what happens to the connection from now on meets the wrong reflexes. */
export function driveCarelessly(): Drive {
  const steps = hand();
  const reflexes = new Reflexes(steps);
  return { driver: "careless", stop: () => reflexes.end() };
}

class Reflexes {
  readonly #steps: SubscriptionSteps;
  #lost = 0;
  #since = performance.now();
  #ended = false;
  #late: unknown;
  readonly #unfollow: () => void;
  readonly #onClose = ({ detail: { reason } }: ClientEvent<StepsClose>): void => {
    if (reason) void this.#again(reason.message);
  };
  readonly #onNotification = ({ detail }: ClientEvent<StepsNotification>): void => this.#read(detail);

  constructor(steps: SubscriptionSteps) {
    this.#steps = steps;
    steps.addEventListener("close", this.#onClose);
    steps.addEventListener("notification", this.#onNotification);
    this.#unfollow = effect(() => this.#letExpire());
  }

  end(): void {
    this.#ended = true;
    this.#unfollow();
    pageClock.clearTimeout(this.#late);
    this.#steps.removeEventListener("close", this.#onClose);
    this.#steps.removeEventListener("notification", this.#onNotification);
    this.#steps.close();
  }

  /** Sees the end of its token come, and does nothing about it. */
  #letExpire(): void {
    const grant = latestGrant.value; // and nothing else of the facts: they may change when the time has just come
    pageClock.clearTimeout(this.#late);
    if (!grant) return;
    const { received } = facts.peek();
    const moment = received + LATE * (grant.expiration.getTime() - received);
    if (moment > pageClock.now()) this.#late = pageClock.setTimeout(() => {
      remarkThat("Its token is about to run out, and it asks for no other. Watch what comes at the end.");
      hesitation = new Promise((resolve) => setTimeout(resolve, HESITATES));
    }, moment - pageClock.now());
  }

  /** Connects again at once, with the token that it has. */
  async #again(reason: string): Promise<void> {
    if (performance.now() - this.#since > LASTS) this.#lost = 0;
    if (this.#ended) return;
    if (++this.#lost > RECONNECTS) {
      stopDriving();
      announce("The careless client gave up.");
      return remarkThat(`The careless client gave up after ${RECONNECTS} tries with the same token. Last: ${reason}`);
    }
    remarkThat(`It lost the connection and shows the same token again, try ${this.#lost}: ${reason}`);
    this.#since = performance.now();
    if (await connect()) await bind();
    else if (!this.#ended) await this.#again("the websocket did not open");
  }

  /** Reads what each event is about, also of those that it had before. */
  #read({ statuses }: StepsNotification): void {
    if (content.value !== "id-only") return;
    const { base, fetch } = wire();
    for (const { focus } of statuses.flatMap(({ events }) => events)) {
      if (focus?.url.startsWith(`${base}/`)) fetch(focus.url, { headers: { Accept: "application/fhir+json" }, cache: "no-store" }).catch(() => {});
    }
  }
}
