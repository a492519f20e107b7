import type { JSX } from "preact";
import type { Inspection, RuleVerdict } from "wsbind";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Badge, Card } from "../ui/parts.tsx";
import { ruleWords } from "./rules.ts";

const marks = {
  met: { icon: "tick", word: "kept", tone: "good" },
  broken: { icon: "cross", word: "broken", tone: "bad" },
  unknown: { icon: "unknown", word: "unknown", tone: "plain" },
} as const satisfies Record<string, { readonly icon: IconName; readonly word: string; readonly tone: string }>;

/** Each rule with its tick or its reason. */
export function Rules({ inspection }: { readonly inspection: Inspection }): JSX.Element {
  const { rules } = inspection;
  return (
    <Card title="Rules" aside={<Counts rules={rules} />}>
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
