import type { JSX } from "preact";
import { Button, Switch } from "../ui/parts.tsx";
import { careful, driver } from "./client.ts";
import { doItAll } from "./do-it-all.ts";
import { disconnect, facts, remark, startOver } from "./session.ts";
import { topicError } from "./settings.ts";

const hints = {
  careful: "“Do it all” starts the client of the npm package: it renews in time, connects again, and fetches what it missed.",
  careless: "“Do it all” starts a client with the usual mistakes: it never renews, shows dead tokens, ignores gaps, handles again what comes again, repeats at once. Mischief shows what the mock makes of it.",
} as const;

const takers = {
  hand: "You take the steps.",
  careful: "The careful client takes the steps, and they show what it does. Disconnect to take them yourself.",
  careless: "The careless client takes the steps. Watch what becomes of it.",
} as const;

/** Who takes the steps, and the button that has them all taken. */
export function Drive({ blocked }: { readonly blocked: string }): JSX.Element {
  const { subscriptions } = facts.value;
  const off = blocked !== "" || facts.value.busy !== null || topicError.value !== "";
  return (
    <div class="drive">
      <Switch label="Careful client" on={careful.value} onChange={(on) => { careful.value = on; }} hint={careful.value ? hints.careful : hints.careless} />
      <div class="step-actions">
        {driver.value === "hand"
          ? <Button disabled={off} onClick={() => void doItAll()}>{subscriptions.length === 0 ? "Do it all" : "Do the rest"}</Button>
          : <Button onClick={disconnect}>Disconnect</Button>}
        <Button kind="quiet" disabled={subscriptions.length === 0 && facts.value.failure === null} onClick={() => startOver()}>Start over</Button>
      </div>
      <p class="drive-taker">{takers[driver.value]}</p>
      {remark.value !== "" && <p class="drive-remark">{remark.value}</p>}
    </div>
  );
}
