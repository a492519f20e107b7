// What the mock says of itself and its clients, read anew whenever its journal
// brings something.

import { effect, signal, untracked, type ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { WsbindError } from "wsbind";
import type { BaseState, Fault, FaultState, Finding, MockTenant } from "wsbind/mock";
import { asError } from "../engine.ts";
import { gather } from "./gather.ts";
import type { Happening } from "./happenings.ts";
import { followJournal, onEntries } from "./journal.ts";
import { off, tenant } from "./tenant.ts";

/** Milliseconds between what happens and the look at what follows from it. */
const LOOK = 300;

/** Milliseconds between two looks at what the mock says only when some time has gone by without an excuse, though nothing more happens. */
const LOOK_AGAIN = 3_500;
const LOOK_AT_PLAN = 60;

const shownCatalogue = signal<readonly Fault[]>([]);
const shownPlan = signal<FaultState | null>(null);
const shownFindings = signal<readonly Finding[]>([]);
const shownBases = signal<readonly BaseState[]>([]);
const failure = signal<WsbindError | null>(null);

/** Every fault that there is. It stays while the server is gone. */
export const catalogue: ReadonlySignal<readonly Fault[]> = shownCatalogue;

/** What is planned, and what has struck. */
export const plan: ReadonlySignal<FaultState | null> = shownPlan;

/** What clients did wrong. */
export const findings: ReadonlySignal<readonly Finding[]> = shownFindings;

/** The FHIR bases with their Subscriptions and sockets. */
export const bases: ReadonlySignal<readonly BaseState[]> = shownBases;

/** Why the last look failed. */
export const trouble: ReadonlySignal<WsbindError | null> = failure;

/** Looks at what is planned, now. */
export const lookAtPlan = looker(async (from) => {
  const state = await from.faults.state();
  return () => { shownPlan.value = state; };
});

const lookAtClients = looker(async (from) => {
  const [verdicts, { fhir }] = await Promise.all([from.verdicts(), from.state()]);
  return () => {
    shownFindings.value = verdicts;
    shownBases.value = fhir;
  };
});

const lookAtCatalogue = looker(async (from) => {
  const faults = await from.faults.catalogue();
  return () => { shownCatalogue.value = faults; };
});

const laterAtPlan = gather(lookAtPlan, LOOK_AT_PLAN);
const laterAtClients = gather(lookAtClients, LOOK);

/** Watches as long as the view is shown. */
export function useMischief(): void {
  useEffect(() => {
    followJournal();
    const silence = onEntries((entries) => {
      if (entries.some(concernsPlan)) laterAtPlan();
      laterAtClients();
    });
    const again = setInterval(() => { if (off.peek() === null) laterAtClients(); }, LOOK_AGAIN);
    const ends = [
      () => clearInterval(again),
      effect(() => lookAtAll(tenant.value)),
      effect(() => {
        if (off.value === null && failure.peek() !== null) untracked(lookAgain); // the server is back
      }),
    ];
    return () => {
      silence();
      for (const end of ends) end();
    };
  }, []);
}

/** Looks at everything, also after that failed. */
export function lookAgain(): void {
  void Promise.all([lookAtCatalogue(), lookAtPlan(), lookAtClients()]);
}

function lookAtAll(of: MockTenant | null): void {
  shownPlan.value = null;
  shownFindings.value = [];
  shownBases.value = [];
  failure.value = null;
  if (of !== null) lookAgain();
}

/** Returns what reads something of the tenant. What comes when it is another's turn, or when it was read again since, is dropped. */
function looker(work: (from: MockTenant) => Promise<() => void>): () => Promise<void> {
  let latest = 0;
  return async () => {
    const from = tenant.peek();
    if (from === null) return;
    const mine = ++latest;
    const counts = (): boolean => mine === latest && from === tenant.peek();
    try {
      const keep = await work(from);
      if (!counts()) return;
      keep();
      failure.value = null;
    } catch (err) {
      if (counts()) failure.value = asError(err);
    }
  };
}

function concernsPlan({ faults, kind, type }: Happening): boolean {
  return faults !== undefined || (kind === "command" && type === "faults");
}
