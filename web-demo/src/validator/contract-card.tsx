import type { JSX } from "preact";
import type { Definition, Issue, Parameter } from "wsbind";
import { Icon } from "../ui/icon.tsx";
import { Badge, Button, Card } from "../ui/parts.tsx";
import { rowId, tableOf, type Row } from "./contract.ts";
import { severities } from "./issue-list.tsx";
import { defined, goTo, marked, work } from "./state.ts";

/** What the document is held against. */
export function ContractCard(): JSX.Element | null {
  if (work.value.kind === "notification") return <NotificationRules />;
  const definition = defined.value?.definition;
  if (!definition) return null;
  const { kind } = work.value;
  const uses = kind === "request" ? (["in", "out"] as const) : (["out", "in"] as const);
  return (
    <Card title={`The definition of $${definition.code}`} class="contract">
      <About definition={definition} />
      {uses.map((use) => <Uses key={use} use={use} judged={use === uses[0]} />)}
    </Card>
  );
}

const levels = [["system", "on the server", ""], ["type", "on the type", "/TYPE"], ["instance", "on one resource", "/TYPE/ID"]] as const;

function About({ definition }: { readonly definition: Definition }): JSX.Element {
  const { fhir, level } = work.value;
  const type = definition.resources[0] ?? "Resource";
  const there = levels.filter(([name]) => definition[name]);
  return (
    <>
      <p class="contract-url"><code>{definition.url || "without a url"}</code>{definition.version && <> <Badge tone="plain">{definition.version}</Badge></>}</p>
      <ul class="invocations">
        {there.map(([name, words, path]) => (
          <li key={name}>
            <code>{`[base]${path.replace("TYPE", type).replace("ID", "[id]")}/$${definition.code}`}</code>
            <span>{words}, by {definition.methods[fhir][name].join(", ") || "nothing"} in {fhir}</span>
            {name === level && <Badge tone="information">checked here</Badge>}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The parameters of one use; the document has those of the judged one. */
function Uses({ use, judged }: { readonly use: "in" | "out"; readonly judged: boolean }): JSX.Element {
  const rows = tableOf(use);
  const title = use === "in" ? "Parameters of the request (in)" : "Parameters of the response (out)";
  const table = rows.length === 0 ? <p class="hint">There are none.</p> : <Table title={title} rows={rows} />;
  if (judged) return <><h3>{title}</h3>{table}</>;
  return <details><summary>{title}</summary>{table}</details>;
}

/** The roles are said again, since a row that is laid out as a grid has lost its own. */
function Table({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }): JSX.Element {
  return (
    <table class="parameters" role="table" aria-label={title}>
      <thead role="rowgroup">
        <tr role="row">
          {["Parameter", "How often", "Type", "Levels", "What it is"].map((head) => <th key={head} role="columnheader" scope="col">{head}</th>)}
        </tr>
      </thead>
      <tbody role="rowgroup">{rows.map((row) => <ParameterRow key={row.path.join("/")} {...row} />)}</tbody>
    </table>
  );
}

function ParameterRow({ path, parameter, issues }: Row): JSX.Element {
  const worst = issues.find(({ severity }) => severity === "fatal" || severity === "error") ?? issues[0];
  const lit = worst ? `lit ${severities[worst.severity].tone}` : "";
  const pointed = marked.value !== null && issues.includes(marked.value) ? "pointed" : "";
  return (
    <tr role="row" id={worst ? rowId(path) : undefined} tabIndex={worst ? -1 : undefined} class={`${lit} ${pointed}`}>
      <th role="rowheader" scope="row" class={`depth-${Math.min(path.length - 1, 4)}`}>
        <code>{parameter.name}</code>
        {issues.map((issue, index) => <IssueLink key={index} issue={issue} />)}
      </th>
      <td role="cell" data-head="How often">{parameter.min}..{parameter.max}</td>
      <td role="cell" data-head="Type">{typeOf(parameter)}</td>
      <td role="cell" data-head="Levels">{parameter.scope.length === 0 || parameter.scope.length === 3 ? "all" : parameter.scope.join(", ")}</td>
      <td role="cell" class="doc">{parameter.doc || <span class="hint">not documented</span>}</td>
    </tr>
  );
}

function IssueLink({ issue }: { readonly issue: Issue }): JSX.Element {
  const { tone, icon, word } = severities[issue.severity];
  return (
    <span class={`row-issue ${tone}`}>
      <Button kind="quiet" onClick={() => goTo("document", issue)}><Icon name={icon} /> {word}: {issue.code}, line {issue.position.line}</Button>
    </span>
  );
}

function typeOf({ type, allowedTypes, searchType, part }: Parameter): string {
  if (part.length > 0) return "parts";
  const allowed = allowedTypes.length > 0 ? ` (${allowedTypes.join(", ")})` : "";
  return `${type}${allowed}${searchType && `, as ${searchType}`}`;
}

/** Notifications have no definition: where their rules are written. */
function NotificationRules(): JSX.Element {
  const { fhir } = work.value;
  const core = [["https://hl7.org/fhir/R5/subscriptions.html", "Subscriptions in R5"], ["https://hl7.org/fhir/R5/subscriptionstatus.html", "SubscriptionStatus in R5"]] as const;
  const guide = [["https://hl7.org/fhir/uv/subscriptions-backport/notifications.html", `Notifications in the guide that brings subscriptions to ${fhir}`]] as const;
  return (
    <Card title="What a notification is held against">
      <p>No OperationDefinition describes notifications. The rules are those of the specification, and the engine knows them for each release.</p>
      <ul>{(fhir === "R5" ? core : guide).map(([href, text]) => <li key={href}><a href={href} rel="noreferrer">{text}</a></li>)}</ul>
    </Card>
  );
}
