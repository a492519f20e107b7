import type { JSX } from "preact";
import { codes, type Issue } from "wsbind";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Badge, Button, type Tone } from "../ui/parts.tsx";
import { paths, rowId } from "./contract.ts";
import type { Path } from "./parameters.ts";
import { goTo, gone, marked, type Text } from "./state.ts";

/** How severities are shown. */
export const severities: Readonly<Record<Issue["severity"], { readonly tone: Tone; readonly icon: IconName; readonly word: string }>> = {
  fatal: { tone: "bad", icon: "cross", word: "Fatal" },
  error: { tone: "bad", icon: "cross", word: "Error" },
  warning: { tone: "warning", icon: "warning", word: "Warning" },
  information: { tone: "information", icon: "information", word: "Remark" },
};

interface IssueListProps {
  readonly text: Text;
  readonly label: string;
  readonly issues: readonly (Issue & { readonly repaired?: boolean })[];
}

/** Issues; each leads to its place in the text, and to the parameter that it is about. */
export function IssueList({ text, label, issues }: IssueListProps): JSX.Element {
  return (
    <ol class="issues" aria-label={label}>
      {issues.map((issue, index) => <IssueItem key={index} text={text} issue={issue} path={text === "document" ? paths.value.get(issue) : undefined} />)}
    </ol>
  );
}

interface IssueItemProps {
  readonly text: Text;
  readonly issue: Issue & { readonly repaired?: boolean };
  readonly path: Path | undefined;
}

function IssueItem({ text, issue, path }: IssueItemProps): JSX.Element {
  const { severity, code, expression, diagnostics, position: { line, column } } = issue;
  const { tone, icon, word } = severities[severity];
  const point = (): void => { marked.value = issue; };
  const leave = (): void => { if (marked.value === issue) marked.value = gone.value; };
  return (
    <li class={`issue ${tone} ${marked.value === issue ? "pointed" : ""}`} onMouseEnter={point} onMouseLeave={leave} onFocusIn={point} onFocusOut={leave}>
      <button type="button" class="issue-go" onClick={() => goTo(text, issue)}>
        <span class="issue-head">
          <Badge tone={tone}><Icon name={icon} /> {issue.repaired === true ? "Repaired" : word}</Badge>
          <code class="issue-code">{code}</code>
          <span class="issue-place"><span class="unseen">at </span>{line}:{column}</span>
        </span>
        <span class="issue-text">{diagnostics}</span>
      </button>
      <div class="issue-more">
        {expression[0] !== undefined && <code class="issue-expression">{expression[0]}</code>}
        <span>{codes[code].meaning}</span>
        {path && <Button kind="quiet" onClick={() => showRow(path)}><Icon name="link" /> Parameter {path.join(", part ")}</Button>}
      </div>
    </li>
  );
}

/** Leads to a row of the definition. */
function showRow(path: Path): void {
  const row = document.getElementById(rowId(path));
  row?.scrollIntoView({ block: "center" });
  row?.focus({ preventScroll: true });
}
