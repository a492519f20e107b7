import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Finding } from "wsbind/mock";
import * as snippets from "../code/snippets.ts";
import { FromCode } from "../code/from-code.tsx";
import { careful } from "../live/client.ts";
import { announce } from "../ui/announce.tsx";
import { Icon } from "../ui/icon.tsx";
import { Badge, Card, Empty, Switch, type Tone } from "../ui/parts.tsx";
import { brief, sentence } from "../ui/words.ts";
import { Evidence } from "./evidence.tsx";
import { tenant } from "./tenant.ts";
import { findings } from "./watch.ts";

const severities = ["error", "warning", "information"] as const;
const tones: Readonly<Record<Finding["severity"], Tone>> = { error: "bad", warning: "warning", information: "information" };
const icons = { error: "cross", warning: "warning", information: "information" } as const;

/** What the mock thinks of its clients. */
export function Verdicts(): JSX.Element {
  const all = [...findings.value].sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  useAnnouncements(all);
  return (
    <Card title="Verdicts" aside={<Summary of={all} />}>
      <p class="hint">What the mock found wrong with the clients of this world: this page, and any that you point here.</p>
      {all.length === 0 ? (
        <Empty title="No complaint so far">
          <p>Found would be, for instance: a token that is shown after its end or never renewed, a gap that nobody fills, an event handled two times, requests repeated at once, a frame that nobody knows.</p>
        </Empty>
      ) : <ul class="verdicts" role="list">{all.map((finding) => <li key={keyOf(finding)}><Verdict finding={finding} /></li>)}</ul>}
      <Switch label="Careless client" on={!careful.value} onChange={(on) => { careful.value = !on; }}
        hint="“Do it all” in Live then starts a client that never renews, shows dead tokens again, ignores gaps, handles an event again when it comes again, and repeats at once what failed. See what is said of it here; some of it only when a mistake was made twice, or the token’s end is over." />
      {tenant.value && <FromCode what="Read the verdicts" snippets={() => snippets.verdicts({ management: tenant.value!.management })} />}
    </Card>
  );
}

function keyOf({ code, caller, subscription, fhir, socket }: Finding): string {
  return [code, caller, subscription, fhir, socket].join(" ");
}

/** Says what is found while one looks; what was there already is read as part of the page. */
function useAnnouncements(all: readonly Finding[]): void {
  const known = useRef<Set<string> | null>(null);
  useEffect(() => {
    for (const finding of all) if (known.current?.has(keyOf(finding)) === false) announce(`New verdict, ${finding.severity}: ${finding.code}.`);
    known.current = new Set(all.map(keyOf));
  }, [all.map(keyOf).join()]);
}

function Summary({ of: all }: { readonly of: readonly Finding[] }): JSX.Element {
  if (all.length === 0) return <Badge tone="good"><Icon name="tick" /> clean</Badge>;
  return <>{severities.map((severity) => {
    const count = all.filter((finding) => finding.severity === severity).length;
    const plural = count > 1 && severity !== "information" ? "s" : "";
    return count > 0 && <Badge key={severity} tone={tones[severity]}><Icon name={icons[severity]} /> {count} {severity}{plural}</Badge>;
  })}</>;
}

function Verdict({ finding }: { readonly finding: Finding }): JSX.Element {
  const { severity, code, message, advice, count, caller, subscription, fhir } = finding;
  const where = [fhir, subscription && `Subscription ${brief(subscription)}`, caller && `caller ${caller}`].filter(Boolean).join(", ");
  return (
    <div class={`verdict ${severity}`}>
      <div class="row">
        <Badge tone={tones[severity]}><Icon name={icons[severity]} /> {severity}</Badge>
        <h3><code>{code}</code></h3>
        {count > 1 && <Badge tone="plain">{count} times</Badge>}
      </div>
      <p>{sentence(message)}</p>
      <p class="advice"><strong>What to do:</strong> {advice}.</p>
      {where !== "" && <p class="hint">{where}</p>}
      <Evidence of={finding} />
    </div>
  );
}
