// What mischief can be done to: the tenant of the page's world.

import { computed, type ReadonlySignal } from "@preact/signals";
import type { MockTenant } from "wsbind/mock";
import { server } from "../server.ts";
import { here, world } from "../world.ts";

/** The tenant; null where there is none, or nobody to ask about it. */
export const tenant: ReadonlySignal<MockTenant | null> = computed(() => here.value?.tenant ?? null);

/** Why nothing can be done just now; null where it can. */
export const off: ReadonlySignal<string | null> = computed(() => {
  if (server.value.state === "away") return "The server is gone: nothing can be done until it is back. What you typed stays.";
  if (world.value.state === "making") return "The world is being made.";
  return tenant.value === null ? "There is no world to do it to." : null;
});

/** The id of the element that says so, for the controls that it concerns. */
export const OFF = "mischief-off";
