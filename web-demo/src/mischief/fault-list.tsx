import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Fault } from "wsbind/mock";
import { Icon } from "../ui/icon.tsx";
import { Button, Card, Empty, Field } from "../ui/parts.tsx";
import { ActButton } from "./act-button.tsx";
import { Outcome, useAction } from "./action.tsx";
import { layers, search, type Layer } from "./catalogue.ts";
import { FaultForm } from "./fault-form.tsx";
import { Marks } from "./fault-marks.tsx";
import { planFault } from "./fault-plan.ts";
import { catalogue } from "./watch.ts";

/** The catalogue of faults, to search and to plan from. */
export function FaultList(): JSX.Element {
  const layer = useSignal<Layer | "">("");
  const text = useSignal("");
  const shown = search(catalogue.value, layer.value, text.value);
  const means = layers.find((one) => one.layer === layer.value)?.means;
  const everything = (): void => {
    layer.value = "";
    text.value = "";
  };
  return (
    <Card title="All faults" aside={<span class="hint">{shown.length} of {catalogue.value.length}</span>}>
      <Field label="Search" hint={means ?? "Each strikes once with Strike next. More says when else, and how."}>
        {(control) => <input {...control} type="search" value={text.value} placeholder="heartbeat, 429, signature" onInput={(event) => { text.value = event.currentTarget.value; }} />}
      </Field>
      <div class="row filters" role="group" aria-label="Layer">
        <Filter name="" layer={layer.value} onChoose={(name) => { layer.value = name; }} />
        {layers.map((one) => <Filter key={one.layer} name={one.layer} layer={layer.value} onChoose={(name) => { layer.value = name; }} />)}
      </div>
      {shown.length === 0
        ? <Empty title="No fault has these words"><Button onClick={everything}>Show all</Button></Empty>
        : <ul class="faults" tabIndex={0} role="list" aria-label="Faults">{shown.map((fault) => <li key={fault.fault}><FaultRow fault={fault} /></li>)}</ul>}
    </Card>
  );
}

interface FilterProps {
  readonly name: Layer | "";
  readonly layer: Layer | "";
  readonly onChoose: (name: Layer | "") => void;
}

function Filter({ name, layer, onChoose }: FilterProps): JSX.Element {
  const count = search(catalogue.value, name, "").length;
  return <Button pressed={name === layer} onClick={() => onChoose(name)}>{name || "all"} <span class="count">{count}</span></Button>;
}

function FaultRow({ fault }: { readonly fault: Fault }): JSX.Element {
  const action = useAction();
  const open = useSignal(false);
  return (
    <>
      <div class="fault-head">
        <h3><code>{fault.fault}</code></h3>
        <span class="layer">{fault.layer}</span>
        <Marks fault={fault.fault} />
        <div class="row fault-buttons">
          <ActButton onClick={() => planFault(action, { fault: fault.fault })} busy={action.busy} label={`Strike next: ${fault.fault}`}>Strike next</ActButton>
          <Button kind="quiet" onClick={() => { open.value = !open.value; }} expanded={open.value} label={`More about ${fault.fault}`}>More <Icon name="chevron" /></Button>
        </div>
      </div>
      <p>The server {fault.does}.</p>
      <p class="tests">Tests that {fault.tests}.</p>
      <Outcome action={action} />
      {open.value && <FaultForm fault={fault} />}
    </>
  );
}
