// "Do it all", and what follows.

import { effect, untracked } from "@preact/signals";
import { asError } from "../engine.ts";
import { careful, driver } from "./client.ts";
import { driveCarefully } from "./careful.ts";
import { carelessly, driveCarelessly } from "./careless.ts";
import { bind, connect, createSubscription, facts, fail, getToken, hand, remarkThat, startDriving, stopDriving } from "./session.ts";

/** Has a client take all steps that are left, and go on from there. */
export async function doItAll(): Promise<void> {
  remarkThat("");
  const wanted = careful.value ? "careful" : "careless";
  const step = wanted === "careful" ? once : carelessly;
  if (facts.value.subscriptions.length === 0 && !(await step(createSubscription))) return;
  try {
    if (wanted === "careful") return letCarefulDrive();
    await letCarelessDrive();
  } catch (err) {
    stopDriving();
    fail("token", asError(err));
  }
}

/** The other client takes over where one drives and the switch is turned. */
function followSwitch(): void {
  let before = careful.peek();
  effect(() => {
    const now = careful.value;
    if (now === before) return;
    before = now;
    if (driver.peek() === "hand") return;
    untracked(() => {
      stopDriving();
      void doItAll();
    });
  });
}

function letCarefulDrive(): void {
  hand().close(); // it makes its own connection
  startDriving(driveCarefully());
}

async function letCarelessDrive(): Promise<void> {
  startDriving(driveCarelessly());
  const { grant, open, bound } = facts.value;
  if (bound) return;
  if (!grant && !(await carelessly(getToken))) return stopDriving();
  if (open.length === 0 && !(await carelessly(connect))) return stopDriving();
  if (!facts.value.bound) await bind();
}

const once = (step: () => Promise<boolean>): Promise<boolean> => step();

followSwitch();
