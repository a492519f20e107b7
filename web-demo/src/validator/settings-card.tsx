import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { engine } from "../engine.ts";
import { releases } from "../fhir-base.ts";
import { Card, Choice, Switch } from "../ui/parts.tsx";
import { change, shownText, work } from "./state.ts";
import { CUSTOM, kinds, levels, type Kind, type Work } from "./work.ts";

const kindWords: Readonly<Record<Kind, string>> = { request: "Request", response: "Response", notification: "Notification" };

const kindHints: Readonly<Record<Kind, string>> = {
  request: "What a client sends to an operation: a Parameters document, or the query of a GET.",
  response: "What the operation answers. For $get-ws-binding-token: token, expiration, and where to connect.",
  notification: "A Bundle that comes over the websocket, or what $status answers.",
};

const levelWords = { type: "on the type", instance: "on one resource", system: "on the server" } as const;
const levelOptions = levels.map((value) => ({ value, text: levelWords[value] }));
const releaseOptions = releases.map((value) => ({ value, text: value }));

/** What the document is, and what it is held against. */
export function SettingsCard(): JSX.Element {
  const { kind, fhir, level, query } = work.value;
  return (
    <Card title="What is it?" class="settings">
      <KindChoice kind={kind} />
      <div class="settings-fields">
        <Choice label="FHIR release" value={fhir} options={releaseOptions} onChange={(value) => change({ fhir: value, ...fitting(value) })} />
        {kind !== "notification" && <OperationChoice />}
        {kind !== "notification" && <Choice label="Invoked" value={level} options={levelOptions} onChange={(value) => change({ level: value })} />}
        {kind === "request" && <Switch label="It is the query of a GET" on={query} onChange={(on) => change({ query: on })} />}
      </div>
    </Card>
  );
}

function KindChoice({ kind }: { readonly kind: Kind }): JSX.Element {
  const name = useId();
  return (
    <fieldset class="kinds" aria-describedby={`${name}-hint`}>
      <legend class="unseen">What the document is</legend>
      <div class="segments">
        {kinds.map((value) => (
          <label key={value} class="segment">
            <input type="radio" name={name} value={value} checked={value === kind} onChange={() => change({ kind: value })} />
            <span>{kindWords[value]}</span>
          </label>
        ))}
      </div>
      <p class="hint" id={`${name}-hint`}>{kindHints[kind]}</p>
    </fieldset>
  );
}

function OperationChoice(): JSX.Element {
  const { operation, fhir } = work.value;
  const options = [...operationsOf(fhir).map(({ code, version }) => ({ value: code, text: `$${code} (${version})` })), { value: CUSTOM, text: "A definition of your own" }];
  const known = options.some(({ value }) => value === operation) ? options : [{ value: operation, text: `$${operation}`, disabled: true }, ...options];
  const choose = (value: string): void => {
    change({ operation: value });
    shownText.value = value === CUSTOM ? "definition" : "document";
  };
  return <Choice label="Definition" value={operation} options={known} onChange={choose} />;
}

/** Another release may not have the operation. */
function fitting(fhir: Work["fhir"]): Partial<Work> {
  const { operation } = work.value;
  const operations = operationsOf(fhir);
  return operation === CUSTOM || operations.some(({ code }) => code === operation) || operations.length === 0 ? {} : { operation: operations[0]!.code };
}

function operationsOf(fhir: Work["fhir"]): readonly { readonly code: string; readonly version: string }[] {
  const now = engine.value;
  return now.state === "ready" ? now.description.definitions.filter(({ releases: of }) => of.includes(fhir)) : [];
}
