import { computed } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Badge, Button, Card, Empty, Notice } from "../ui/parts.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { EditorBox } from "./editor-box.tsx";
import { customDefinition } from "./examples.ts";
import { takeFile } from "./files.ts";
import { IssueList } from "./issue-list.tsx";
import { tally } from "./judge.ts";
import { definitionMarks, documentMarks, pointedSpan } from "./marks.ts";
import { change, defined, definitionIssues, result, shownText, work, type Text } from "./state.ts";
import { CUSTOM } from "./work.ts";

const documentText = computed(() => work.value.document);
const definitionText = computed(() => work.value.definition);
const documentIsJSON = computed(() => !(work.value.kind === "request" && work.value.query));
const always = computed(() => true);

/** The texts that are edited: the document, and a definition of the reader's own. */
export function TextCard(): JSX.Element {
  const { kind, query } = work.value;
  const short = kind === "request" && query && shownText.value === "document";
  const tabs = kind === "notification" ? [documentTab] : [documentTab, definitionTab];
  return (
    <Card title="Editor" class={short ? "texts query" : "texts"} aside={<FileButton />}>
      <Tabs label="Texts" tabs={tabs} selected={shownText.value} onSelect={(name) => { shownText.value = name as Text; }} />
      <p class="hint">Drop a file anywhere on this view. In the editor, Tab goes on to the next control, Ctrl+F searches, F8 goes to the next issue.</p>
    </Card>
  );
}

const documentTab = { name: "document", title: "Document", content: () => <DocumentEditor /> };
const definitionTab = { name: "definition", title: "OperationDefinition", content: () => <DefinitionEditor /> };

function DocumentEditor(): JSX.Element {
  return (
    <EditorBox
      key="document" name="document" label="The document" text={documentText} json={documentIsJSON}
      marks={documentMarks} pointed={pointedSpan} onText={(document) => change({ document })}
    />
  );
}

function DefinitionEditor(): JSX.Element {
  const { operation } = work.value;
  if (operation !== CUSTOM) {
    return (
      <Empty title="A definition that is built in is used">
        <p>Any other OperationDefinition can take its place: drop its file, or begin with a small one and paste yours over it.</p>
        <Button onClick={() => change({ operation: CUSTOM, ...(work.value.definition === "" && { definition: customDefinition }) })}>Use one of your own</Button>
      </Empty>
    );
  }
  return (
    <>
      <EditorBox
        key="definition" name="definition" label="The OperationDefinition" text={definitionText} json={always}
        marks={definitionMarks} pointed={pointedSpan} onText={(definition) => change({ definition })}
      />
      <DefinitionState />
    </>
  );
}

/** What became of the definition. What makes it unusable is listed with the verdict. */
function DefinitionState(): JSX.Element | null {
  const definition = defined.value?.definition;
  const issues = definitionIssues.value;
  if (!definition || result.value.state === "waiting") return null;
  if (issues.length === 0) return <p class="definition-state"><Badge tone="good">Loaded</Badge> Nothing had to be repaired.</p>;
  return (
    <>
      <Notice tone="warning" title={`Loaded, with ${tally(issues)}`}><p>Small blunders of published definitions are repaired. The text stays as it is.</p></Notice>
      <IssueList text="definition" label="Issues of the definition" issues={issues} />
    </>
  );
}

function FileButton(): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const chosen = (): void => {
    const file = input.current!.files?.[0];
    if (file) void takeFile(file);
    input.current!.value = ""; // the same file may be chosen again
  };
  const nothing = work.value[shownText.value] === "" || (shownText.value === "definition" && work.value.operation !== CUSTOM);
  return (
    <>
      <Button onClick={() => input.current!.click()}>Open a file</Button>
      <input ref={input} type="file" hidden aria-label="A file to check" accept=".json,.txt,application/json,application/fhir+json" onChange={chosen} />
      <Button kind="quiet" disabled={nothing} onClick={() => change({ [shownText.value]: "" })}>Clear</Button>
    </>
  );
}
