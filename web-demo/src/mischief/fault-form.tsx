import type { JSX } from "preact";
import type { Fault } from "wsbind/mock";
import * as snippets from "../code/snippets.ts";
import { FromCode } from "../code/from-code.tsx";
import { Choice, Field } from "../ui/parts.tsx";
import { brief } from "../ui/words.ts";
import { ActButton } from "./act-button.tsx";
import { Outcome, saidOf, useAction, type Action } from "./action.tsx";
import { draftOf, readDraft, type as typed, type Draft, type Wrong } from "./draft.ts";
import { planFault } from "./fault-plan.ts";
import { tenant } from "./tenant.ts";
import { bases } from "./watch.ts";
import { occasion } from "./words.ts";

/** What the form knows of itself. */
interface Form {
  readonly fault: Fault;
  readonly draft: Draft;
  readonly wrong: Wrong;
}

/** When a fault strikes, and how. */
export function FaultForm({ fault }: { readonly fault: Fault }): JSX.Element {
  const action = useAction();
  const draft = draftOf(fault.fault);
  const { spec, wrong } = readDraft(fault, draft);
  const refused = refusedMember(action);
  const form = { fault, draft, wrong: { ...refused, ...wrong } };
  const whole = Object.keys(wrong).length === 0;
  return (
    <div class="fault-form" onInput={action.forget}>
      <div class="fields">
        <Choice label="When" value={draft.when} onChange={(when) => typed(fault.fault, { when })} hint={`Its occasion is ${occasion(fault.point)}.`}
          options={[{ value: "queued", text: "At the next occasions" }, { value: "chance", text: "By chance" }]} />
        {draft.when === "queued"
          ? <Text form={form} name="times" label="Times" placeholder="1" hint="How often it strikes." />
          : <Text form={form} name="probability" label="Probability" placeholder="0.1" hint="Above 0 and up to 1, until it is taken back." />}
        <Text form={form} name="after" label="After" placeholder="0" hint="How many occasions pass first." />
        <Whose form={form} />
        <Options form={form} />
      </div>
      <div class="row">
        <ActButton kind="primary" onClick={() => whole && planFault(action, spec)} disabled={!whole} busy={action.busy}>Plan it</ActButton>
        {whole || <span class="hint">Something above has to be put right first.</span>}
      </div>
      {Object.keys(refused).length === 0 && <Outcome action={action} />}
      {tenant.value && whole && <FromCode what="Plan it" snippets={() => snippets.planFault({ management: tenant.value!.management, spec })} />}
    </div>
  );
}

/** The member that the server refused, where it names one of the form. */
function refusedMember({ error }: Action): Wrong {
  const member = /(?:^|\.)(times|after|probability|code|seconds|count)$/.exec(error?.expression ?? "")?.[1];
  return member === undefined || error === null ? {} : { [member]: saidOf(error) };
}

interface TextProps {
  readonly form: Form;
  readonly name: "times" | "after" | "probability" | "code" | "seconds" | "count";
  readonly label: string;
  readonly placeholder: string;
  readonly hint: string;
}

function Text({ form: { fault, draft, wrong }, name, label, placeholder, hint }: TextProps): JSX.Element {
  const touched = draft[name] !== "" || name === "probability";
  return (
    <Field label={label} hint={hint} error={touched ? wrong[name] : undefined}>
      {(control) => <input {...control} inputMode="decimal" autocomplete="off" value={draft[name]} placeholder={placeholder} onInput={(event) => typed(fault.fault, { [name]: event.currentTarget.value })} />}
    </Field>
  );
}

/** Which Subscription it is limited to. One that is gone can still be chosen: it was typed. */
function Whose({ form: { fault, draft } }: { readonly form: Form }): JSX.Element {
  const ids = new Set(bases.value.flatMap(({ subscriptions }) => subscriptions.map(({ id }) => id)));
  if (draft.subscription !== "") ids.add(draft.subscription);
  return (
    <Choice label="Subscription" value={draft.subscription} onChange={(subscription) => typed(fault.fault, { subscription })} hint="Whom it strikes."
      options={[{ value: "", text: "Any" }, ...Array.from(ids, (id) => ({ value: id, text: brief(id) }))]} />
  );
}

/** The options that the fault reads, with what stands in for them. */
function Options({ form }: { readonly form: Form }): JSX.Element {
  const { fault, draft } = form;
  const { options = [], defaults = {} } = fault;
  const of = (name: string): string => defaults[name] ?? "";
  return (
    <>
      {options.includes("code") && <Text form={form} name="code" label="Code" placeholder={of("code")} hint={fault.point === "upgrade" ? "The HTTP status." : "The close code."} />}
      {options.includes("seconds") && <Text form={form} name="seconds" label="Seconds" placeholder={of("seconds")} hint="How long it takes, or what Retry-After says." />}
      {options.includes("count") && <Text form={form} name="count" label="Count" placeholder={of("count")} hint={fault.point === "frame" ? "How many bytes." : "How many events."} />}
      {options.includes("on") && (
        <Choice label="On" value={draft.on} onChange={(on) => typed(fault.fault, { on })} hint="Which operation is struck."
          options={[{ value: "", text: of("on") || "$get-ws-binding-token" }, { value: "$status", text: "$status" }, { value: "$events", text: "$events" }, { value: "*", text: "Every request" }]} />
      )}
      {options.includes("parameter") && (
        <Choice label="Parameter" value={draft.parameter} onChange={(parameter) => typed(fault.fault, { parameter })} hint="Which one of the answer is broken."
          options={[{ value: "", text: "Any, by chance" }, ...parametersOf(fault).map((value) => ({ value, text: value }))]} />
      )}
    </>
  );
}

/** A subscription may be absent or repeated: all that can be wrong with it is its type. */
function parametersOf({ fault }: Fault): readonly string[] {
  const required = ["token", "expiration", "websocket-url"];
  return fault === "wrong-value-type" ? [...required, "subscription"] : required;
}
