import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Finding, MockTenant } from "wsbind/mock";
import { Button } from "../ui/parts.tsx";
import { Outcome, useAction } from "./action.tsx";
import { HappeningLine } from "./happening.tsx";
import type { Happening } from "./happenings.ts";
import { entries } from "./journal.ts";
import { off } from "./tenant.ts";

/** Where in the journal a finding rests. What is not kept here any more is asked for. */
export function Evidence({ of: finding }: { readonly of: Finding }): JSX.Element | null {
  const { evidence = [] } = finding;
  const open = useSignal(false);
  const fetched = useSignal<readonly Happening[]>([]);
  const action = useAction();
  if (evidence.length === 0) return null;
  const known = new Map([...fetched.value, ...entries.value].map((entry) => [entry.n, entry]));
  const shown = evidence.flatMap((n) => known.get(n) ?? []);
  const toggle = (): void => {
    open.value = !open.value;
    if (open.value && shown.length < evidence.length) action.run(async (on) => {
      fetched.value = await fetchEvidence(on, finding);
      return "";
    });
  };
  return (
    <div class="evidence">
      <Button kind="quiet" onClick={toggle} expanded={open.value} disabled={off.value !== null && shown.length === 0}>{open.value ? "Hide the evidence" : `Evidence (${evidence.length})`}</Button>
      {open.value && (
        <>
          <Outcome action={action} />
          <ol class="happenings">{shown.map((entry) => <li key={entry.n}><HappeningLine entry={entry} /></li>)}</ol>
          {!action.busy && shown.length < evidence.length && <p class="hint">The journal does not have {shown.length === 0 ? "it" : "all of it"} any more.</p>}
        </>
      )}
    </div>
  );
}

async function fetchEvidence({ journal }: MockTenant, { evidence = [], caller, fhir }: Finding): Promise<readonly Happening[]> {
  const all = await journal.entries({ after: Math.min(...evidence) - 1, caller, fhir });
  return all.filter(({ n }) => evidence.includes(n));
}
