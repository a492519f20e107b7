import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { AssertionResult } from "wsbind/mock";
import { announce } from "../ui/announce.tsx";
import { Icon } from "../ui/icon.tsx";
import { Badge, Button, Card, Field } from "../ui/parts.tsx";
import { ActButton } from "./act-button.tsx";
import { Outcome, useAction } from "./action.tsx";
import { tenant } from "./tenant.ts";

const examples = ["bound once", "never used a dead token", "filled one gap with $events", "renewed at least once before expiry", "got no error"];

/** What is typed, and what became of it in which world. They outlive the view. */
const typed = signal("bound once, never used a dead token");
const checked = signal<{ readonly of: unknown; readonly results: readonly AssertionResult[] }>({ of: null, results: [] });

/** Sentences about what clients did, and whether they hold. */
export function Assertions(): JSX.Element {
  const action = useAction();
  const results = checked.value.of === tenant.value ? checked.value.results : [];
  const check = (): void => action.run(async (on) => {
    checked.value = { of: on, results: [] };
    const found = await on.check(typed.peek());
    checked.value = { of: on, results: found };
    const failed = found.filter(({ passed }) => !passed).length;
    announce(failed === 0 ? "All of it holds." : `${failed} of ${found.length} do not hold.`);
    return "";
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") check();
  };
  return (
    <Card title="Assertions">
      <Field label="What should have happened" hint="Commas or “and” between them; once, twice, 3, at least, at most, never; with NAME VALUE for details. It is what tests of clients assert.">
        {(control) => <input {...control} value={typed.value} autocomplete="off" spellcheck={false} onKeyDown={onKeyDown} onInput={(event) => { typed.value = event.currentTarget.value; }} />}
      </Field>
      <div class="row chips" role="group" aria-label="Examples">
        {examples.map((example) => <Button key={example} kind="quiet" label={`Use the example: ${example}`} onClick={() => { typed.value = example; }}>{example}</Button>)}
      </div>
      <ActButton onClick={check} disabled={typed.value.trim() === ""} busy={action.busy}>Check</ActButton>
      <Outcome action={action} />
      <ul class="results" role="list">{results.map((result, i) => <li key={i}><Result {...result} /></li>)}</ul>
    </Card>
  );
}

function Result({ assertion, passed, found, nearest = [] }: AssertionResult): JSX.Element {
  return (
    <>
      <p class="row">
        <Badge tone={passed ? "good" : "bad"}><Icon name={passed ? "tick" : "cross"} /> {passed ? "holds" : "does not hold"}</Badge>
        <span>{assertion}</span>
        <span class="hint">found {found === 1 ? "once" : found === 0 ? "never" : `${found} times`}</span>
      </p>
      {nearest.length > 0 && (
        <>
          <p class="hint">What comes nearest:</p>
          <ul>{nearest.map(({ text }, i) => <li key={i}>{text}</li>)}</ul>
        </>
      )}
    </>
  );
}
