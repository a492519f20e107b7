// The careful client: the one that the package has.

import { SubscriptionClient } from "wsbind";
import { announce } from "../ui/announce.tsx";
import { duration } from "../ui/words.ts";
import type { Drive } from "./session.ts";
import { fail, facts, handled, remarkThat, stopDriving, wire } from "./session.ts";

/** Starts the package's client for the Subscriptions that there are. It renews, reconnects and catches up by itself. */
export function driveCarefully(): Drive {
  const subscriptions = facts.value.subscriptions.map(({ id }) => id);
  const client = new SubscriptionClient({ ...wire(), subscriptions, seen: handled(), start: "beginning" });
  client.addEventListener("state", ({ detail: { state, reason, retryIn } }) => {
    if (state !== "waiting") return remarkThat("");
    const wait = retryIn === undefined ? "It waits" : `It waits ${duration(retryIn * 1000)} and tries again`;
    remarkThat(`${wait}${reason ? `: ${reason.message}` : "."}`);
  });
  client.addEventListener("problem", ({ detail: { error } }) => remarkThat(`It saw a problem and goes on: ${error.message}`));
  client.addEventListener("missed", ({ detail: { from, to, error } }) => {
    remarkThat(`Events ${from}–${to} are lost: ${error.message}`);
    announce(`Events ${from} to ${to} are lost.`);
  });
  client.addEventListener("close", ({ detail: { reason } }) => {
    if (!reason) return;
    stopDriving();
    remarkThat("The careful client ended, since this will not heal by itself.");
    fail("connect", reason);
  });
  client.start();
  return { driver: "careful", stop: () => client.close() };
}
