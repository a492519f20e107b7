import type { JSX } from "preact";
import type { Inspection, RuleVerdict } from "wsbind";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Badge, Card, Notice } from "../ui/parts.tsx";
import { ruleWords } from "./rules.ts";

const marks = {
  met: { icon: "tick", word: "kept", tone: "good" },
  broken: { icon: "cross", word: "broken", tone: "bad" },
  unknown: { icon: "unknown", word: "unknown", tone: "plain" },
} as const satisfies Record<string, { readonly icon: IconName; readonly word: string; readonly tone: string }>;

/** The verdict on a token, and each rule with its tick or its reason. */
export function Rules({ inspection }: { readonly inspection: Inspection }): JSX.Element {
  const { rules } = inspection;
  return (
    <Card title="Rules" aside={<Counts rules={rules} />}>
      <Summary inspection={inspection} />
      <ol class="rules">
        {rules.map((rule) => <RuleItem key={rule.rule} rule={rule} first={rule === rules.find(({ state }) => state === "broken")} />)}
      </ol>
    </Card>
  );
}

function Counts({ rules }: { readonly rules: readonly RuleVerdict[] }): JSX.Element {
  const count = (wanted: RuleVerdict["state"]): number => rules.filter(({ state }) => state === wanted).length;
  return (
    <>
      <Badge tone="good">{count("met")} kept</Badge>
      {count("broken") > 0 && <Badge tone="bad">{count("broken")} broken</Badge>}
      {count("unknown") > 0 && <Badge tone="plain">{count("unknown")} unknown</Badge>}
    </>
  );
}

/** What a server would say: it stops at the first rule that is broken. */
function Summary({ inspection: { valid, rules } }: { readonly inspection: Inspection }): JSX.Element {
  const broken = rules.find(({ state }) => state === "broken");
  if (broken) {
    return (
      <Notice tone="bad" title={`This token is refused: ${broken.code ?? "broken"}`}>
        <p>{broken.diagnostics}</p>
      </Notice>
    );
  }
  if (valid) return <Notice tone="good" title="This token is accepted."><p>Every rule is kept, and the signature is by a key of the set.</p></Notice>;
  const open = rules.filter(({ state }) => state === "unknown").map(({ rule }) => rule);
  return (
    <Notice tone="warning" title="Nothing speaks against this token, but not all is known.">
      <p>Open: {open.join(", ")}. Say what it is to be held against.</p>
    </Notice>
  );
}

function RuleItem({ rule: { rule, state, code, diagnostics }, first }: { readonly rule: RuleVerdict; readonly first: boolean }): JSX.Element {
  const { title, why } = ruleWords(rule);
  const { icon, word, tone } = marks[state];
  return (
    <li class={`rule ${state}${first ? " first" : ""}`}>
      <span class={`rule-mark ${tone}`}><Icon name={icon} /><span class="unseen">{word}: </span></span>
      <div>
        <p class="rule-title">{title} {state === "broken" && code && <Badge tone="bad">{code}</Badge>}</p>
        {state !== "met" && <p class="rule-reason">{diagnostics}</p>}
        <details>
          <summary>Why</summary>
          <p class="hint">{why}{state === "met" && diagnostics !== "" && ` Found: ${diagnostics}.`}</p>
        </details>
      </div>
    </li>
  );
}
