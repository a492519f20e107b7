// Planning faults and taking them back.

import type { ChanceSpec, FaultSpec, MockTenant } from "wsbind/mock";
import { announce } from "../ui/announce.tsx";
import type { Action } from "./action.tsx";
import { catalogue, lookAtPlan, plan } from "./watch.ts";
import { waits } from "./words.ts";

/** Plans a fault. That it waits is seen in the plan, so it is only read out when it strikes. */
export function planFault(action: Action, spec: FaultSpec): void {
  action.run(async (on) => {
    const { times: _, ...others } = spec;
    const planned = await (spec.probability === undefined ? on.faults.next(spec) : on.faults.set(others as ChanceSpec));
    await lookAtPlan();
    const last = planned.at(-1);
    if (last) announce(`${spec.fault} is planned: it strikes ${waits(last, pointOf(spec.fault))}.`);
    return "";
  });
}

/** Takes back what is planned: one of it, or all. */
export function takeBack(action: Action, id?: number): void {
  action.run(async (on: MockTenant) => {
    await on.faults.clear(id);
    await lookAtPlan();
    return id === undefined ? "Nothing is planned any more." : "It is taken back.";
  });
}

/** Where a fault strikes. */
export function pointOf(fault: string): string {
  return catalogue.peek().find((one) => one.fault === fault)?.point ?? "";
}

/** How many of a fault wait, and how often it has struck. */
export function countOf(fault: string): { readonly waiting: number; readonly struck: number } {
  return {
    waiting: plan.value?.planned.filter((planned) => planned.fault === fault).length ?? 0,
    struck: plan.value?.struck[fault] ?? 0,
  };
}
