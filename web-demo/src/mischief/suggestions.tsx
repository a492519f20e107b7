import type { JSX } from "preact";
import { fragment } from "../route.ts";
import { Card } from "../ui/parts.tsx";
import { ActButton } from "./act-button.tsx";
import { Outcome, useAction } from "./action.tsx";
import { suggestions, type Suggestion } from "./catalogue.ts";
import { Marks } from "./fault-marks.tsx";
import { planFault } from "./fault-plan.ts";

/** A few faults to begin with, and what is to be seen of them. */
export function Suggestions(): JSX.Element {
  return (
    <Card title="Try these">
      <p class="hint">A fault that is planned waits for its occasion, strikes once, and is over. Plan one, then go to <a href={fragment("live")}>Live</a>, or make an event happen below.</p>
      <ul class="suggestions">
        {suggestions.map((one) => <li key={one.fault}><Tile {...one} /></li>)}
      </ul>
    </Card>
  );
}

function Tile({ fault, title, see }: Suggestion): JSX.Element {
  const action = useAction();
  return (
    <>
      <h3>{title}</h3>
      <p class="fault-name"><code>{fault}</code> <Marks fault={fault} /></p>
      <p class="see">{see}</p>
      <div class="tile-foot">
        <ActButton onClick={() => planFault(action, { fault })} busy={action.busy} label={`Strike next: ${fault}`}>Strike next</ActButton>
        <Outcome action={action} />
      </div>
    </>
  );
}
