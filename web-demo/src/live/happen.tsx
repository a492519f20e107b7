import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Button } from "../ui/parts.tsx";
import { here } from "../world.ts";
import { driver } from "./client.ts";
import { createEvent, makeSeveral, making, SEVERAL } from "./make-events.ts";
import { heldUp, Reasoned } from "./reasoned.tsx";
import { catchUp, facts, gaps } from "./session.ts";
import { topicType } from "./settings.ts";

/** Makes something happen, and fetches what was missed. */
export function Happen({ primary, blocked }: { readonly primary: boolean; readonly blocked: string }): JSX.Element {
  const hint = useId();
  const off = blocked !== "" || facts.value.subscriptions.length === 0;
  const mock = here.value?.tenant != null;
  return (
    <div class="happen">
      <div class="step-actions">
        <Button kind={primary ? "primary" : "plain"} disabled={off} busy={making.value} onClick={() => void createEvent()}>Create {article(topicType.value)}</Button>
        <Button disabled={off} busy={making.value} onClick={() => void makeSeveral()} describedBy={hint}>{SEVERAL} events</Button>
        <CatchUp blocked={blocked} />
      </div>
      <p class="hint" id={hint}>{mock ? `“${SEVERAL} events” come from the mock itself, with no request of yours.` : `“${SEVERAL} events” are ${SEVERAL} new resources.`}</p>
    </div>
  );
}

/** Fetches what is missing, where something is. */
export function CatchUp({ blocked }: { readonly blocked: string }): JSX.Element {
  const why = blocked !== "" ? heldUp : driver.value === "careful" ? "the careful client does it" : gaps.value ? "" : "nothing is missing";
  return <Reasoned why={why} primary={why === ""} onClick={catchUp}>Catch up</Reasoned>;
}

function article(type: string): string {
  return `${/^[AEIOU]/.test(type) ? "an" : "a"} ${type}`;
}
