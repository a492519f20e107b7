import type { JSX } from "preact";
import * as snippets from "../code/snippets.ts";
import { FromCode } from "../code/from-code.tsx";
import { Badge, Card, Empty } from "../ui/parts.tsx";
import { ActButton } from "./act-button.tsx";
import { Outcome, useAction } from "./action.tsx";
import { pointOf, takeBack } from "./fault-plan.ts";
import { tenant } from "./tenant.ts";
import { plan } from "./watch.ts";
import { details, waits } from "./words.ts";

/** How many planned faults are listed: the server keeps many more. */
const LISTED = 50;

/** What waits for its occasion, and what has struck. */
export function Planned(): JSX.Element {
  const action = useAction();
  const planned = plan.value?.planned ?? [];
  return (
    <Card title="Planned" aside={planned.length > 0 && <ActButton onClick={() => takeBack(action)} busy={action.busy}>Take back all</ActButton>}>
      {planned.length === 0 ? <Empty title="Nothing waits"><p>{nothing()}</p></Empty> : (
        <ul class="planned">
          {planned.slice(0, LISTED).map((one) => (
            <li key={one.id}>
              <div>
                <code>{one.fault}</code> {waits(one, pointOf(one.fault))}
                <span class="hint">{[details(one), one.struck > 0 && `struck ${one.struck === 1 ? "once" : `${one.struck} times`}`].filter(Boolean).join("; ")}</span>
              </div>
              <ActButton kind="quiet" onClick={() => takeBack(action, one.id)} label={`Take back ${one.fault}`}>Take back</ActButton>
            </li>
          ))}
        </ul>
      )}
      {planned.length > LISTED && <p class="hint">And {planned.length - LISTED} more.</p>}
      <Outcome action={action} />
      <Struck />
      {tenant.value && <FromCode what="Take back all" snippets={() => snippets.clearFaults({ management: tenant.value!.management })} />}
    </Card>
  );
}

function nothing(): string {
  switch (plan.value?.profile) {
    case "surprising": return "The profile is surprising: what is legal but unusual happens by chance all the same.";
    case "hostile": return "The profile is hostile: every fault happens by chance all the same.";
    default: return "The server does everything right. Choose a fault, and it waits here for its occasion.";
  }
}

/** Counters of what has struck. */
function Struck(): JSX.Element {
  const struck = Object.entries(plan.value?.struck ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <div class="struck">
      <h3>Struck so far</h3>
      {struck.length === 0 ? <p class="hint">Nothing yet.</p> : (
        <ul class="row">{struck.map(([fault, count]) => <li key={fault}><Badge tone="warning">{fault} × {count}</Badge></li>)}</ul>
      )}
    </div>
  );
}
