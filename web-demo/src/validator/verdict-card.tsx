import type { ComponentChildren, JSX } from "preact";
import { issuesToOperationOutcome } from "wsbind";
import { engine, startEngine } from "../engine.ts";
import { Code } from "../ui/code.tsx";
import { Button, Card, Empty, Notice } from "../ui/parts.tsx";
import { bytes, milliseconds } from "../ui/words.ts";
import { tally, verdictWords } from "./judge.ts";
import { IssueList } from "./issue-list.tsx";
import { Offers } from "./offers.tsx";
import { definitionIssues, firstRun, result, shownText, work, type Result } from "./state.ts";
import { CUSTOM } from "./work.ts";

/** What the engine says. */
export function VerdictCard(): JSX.Element {
  return (
    <Card title="Verdict" class="verdict-card">
      {content(result.value)}
    </Card>
  );
}

function content(now: Result): ComponentChildren {
  if (now.state === "waiting") return <Waiting />;
  if (now.state === "empty") return <Empty title="Nothing to check yet"><p>Paste or type a document, drop a file, or choose an example.</p></Empty>;
  if (now.state === "no-definition") return <NoDefinition />;
  if (now.state === "failed") {
    return (
      <Notice tone="bad" title="The engine did not answer.">
        <p>{now.error.message} <code>{now.error.code}</code></p>
        <p>Change the document or the settings: it is asked again.</p>
      </Notice>
    );
  }
  const { judged, bytes: size, milliseconds: taken } = now;
  const limits = engine.value.state === "ready" ? engine.value.description.limits : null;
  return (
    <>
      <Notice tone={judged.valid ? (judged.issues.length > 0 ? "warning" : "good") : "bad"} title={verdictWords(judged)}>
        <p class="hint">
          Judged {bytes(size)} in {milliseconds(taken)}{firstRun.value !== null && firstRun.value !== taken && `; the first time took ${milliseconds(firstRun.value)}`}.
          {limits !== null && size > limits.documentBytes && ` A document may have ${bytes(limits.documentBytes)} at most.`}
        </p>
      </Notice>
      <Offers />
      {judged.issues.length > 0 && <IssueList text="document" label="Issues of the document" issues={judged.issues} />}
      <details class="outcome">
        <summary>As OperationOutcome</summary>
        <p class="hint">What a FHIR server would answer with. The code is in <code>details.coding</code>, the place in two extensions.</p>
        <Code text={JSON.stringify(issuesToOperationOutcome(judged.issues), null, 2)} what="the OperationOutcome" />
      </details>
    </>
  );
}

function Waiting(): JSX.Element {
  if (engine.value.state === "failed") {
    return (
      <Notice tone="bad" title="There is nothing that could judge.">
        <p>The WebAssembly module did not start: {engine.value.error.message}</p>
        <Button onClick={() => void startEngine()}>Try again</Button>
      </Notice>
    );
  }
  return <Empty title="The WebAssembly module is on its way"><p>What you type meanwhile is judged as soon as it is there.</p></Empty>;
}

function NoDefinition(): JSX.Element {
  const { operation, definition, fhir } = work.value;
  if (operation !== CUSTOM) return <Empty title={`${fhir} has no such operation`}><p>Choose another definition, or another release.</p></Empty>;
  const show = <Button onClick={() => { shownText.value = "definition"; }}>Show the definition</Button>;
  if (definition.trim() === "") return <Empty title="There is no definition yet"><p>Paste an OperationDefinition, or drop its file here.</p>{show}</Empty>;
  const issues = definitionIssues.value;
  return (
    <>
      <Notice tone="bad" title="The definition cannot be used">
        <p>{tally(issues)}. Until it can, no document is judged.</p>
        {shownText.value !== "definition" && show}
      </Notice>
      <IssueList text="definition" label="Issues of the definition" issues={issues} />
    </>
  );
}
