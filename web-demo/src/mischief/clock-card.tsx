import type { JSX } from "preact";
import * as snippets from "../code/snippets.ts";
import { FromCode } from "../code/from-code.tsx";
import { now, target } from "../clock.ts";
import { Card } from "../ui/parts.tsx";
import { dayAndTime, duration } from "../ui/words.ts";
import { advance, here, makeWorld } from "../world.ts";
import { ActButton } from "./act-button.tsx";
import { Outcome, useAction } from "./action.tsx";
import { Confirm } from "./confirm.tsx";
import { tenant } from "./tenant.ts";
import { bases } from "./watch.ts";
import { Lost } from "./world-card.tsx";

/** How far the clock is advanced at a time. */
const steps = [["+1 s", 1_000], ["+10 s", 10_000], ["+1 min", 60_000], ["+5 min", 300_000], ["+1 h", 3_600_000]] as const;

/** The clock of the world. */
export function ClockCard(): JSX.Element {
  const virtual = here.value?.virtual ?? false;
  return (
    <Card title="Clock" aside={<span class="hint">{virtual ? "virtual" : "real time"}</span>}>
      <p class="clock-face"><time dateTime={new Date(now.value).toISOString()}>{dayAndTime(now.value)}</time></p>
      {virtual ? <Advance /> : <p>A token lasts minutes, and so does waiting for its end. With a virtual clock you do not wait: time stands still until you advance it, and whatever falls due on the way happens at its time.</p>}
      <Confirm text={virtual ? "Switch to real time" : "Switch to virtual time"} yes="Make the world anew" onConfirm={() => change(!virtual)}>
        <p>A world has one clock for all its life, so it is made anew with the other.</p>
        <Lost />
      </Confirm>
    </Card>
  );
}

function change(virtual: boolean): void {
  const world = here.value;
  if (world !== null) void makeWorld({ seed: world.seed ?? undefined, profile: world.profile, virtual });
}

function Advance(): JSX.Element {
  const action = useAction();
  const expiry = nextExpiry();
  const moving = target.value !== null; // also when it was begun before the view was left
  const move = (milliseconds: number): void => action.run(async () => {
    await advance(milliseconds);
    return `The clock moved on by ${duration(milliseconds)}.`;
  });
  return (
    <>
      <p class="hint">The page and the server go by this time together. Heartbeats, expiry, pauses and timeouts follow it: the clock stops wherever the client in Live has something to do.</p>
      <div class="row" role="group" aria-label="Advance the clock">
        {steps.map(([text, milliseconds]) => <ActButton key={text} onClick={() => move(milliseconds)} busy={moving}>{text}</ActButton>)}
        <ActButton onClick={() => expiry !== null && move(expiry - now.value)} disabled={expiry === null} busy={moving}>To the next token's expiry</ActButton>
      </div>
      <p class="hint">{expiry === null ? "No token is bound." : `A bound token expires in ${duration(expiry - now.value)}.`}</p>
      {target.value !== null ? <p class="outcome" aria-busy="true">Time passes: {duration(target.value - now.value)} to go…</p> : <Outcome action={action} />}
      {tenant.value && <FromCode what="Advance the clock" snippets={() => snippets.advanceClock({ management: tenant.value!.management, by: "1m" })} />}
    </>
  );
}

/** When the next of the bound tokens expires. */
function nextExpiry(): number | null {
  const times = bases.value.flatMap(({ sockets }) => sockets.flatMap(({ bound }) => bound.map(({ expires }) => Date.parse(expires)))).filter((time) => time > now.value);
  return times.length === 0 ? null : Math.min(...times);
}
