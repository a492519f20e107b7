import type { JSX } from "preact";
import type { Inspection } from "wsbind";
import { parsed } from "../json.ts";
import { Code } from "../ui/code.tsx";
import { Badge, Card } from "../ui/parts.tsx";
import { dayAndTime, relative } from "../ui/words.ts";
import { claimMeanings, headerMeanings } from "./rules.ts";

const dates = new Set(["iat", "nbf", "exp"]);

/** What the token says: its header and its claims, in words and as they stand. */
export function Contents({ inspection: { header, claims, valid }, at }: { readonly inspection: Inspection; readonly at: number }): JSX.Element {
  return (
    <>
      <Card title="Claims" aside={valid ? <Badge tone="good">verified</Badge> : <Badge tone="warning">not verified: anybody can write these</Badge>}>
        <Members text={claims} meanings={claimMeanings} at={at} what="claims" />
      </Card>
      <Card title="Header">
        <Members text={header} meanings={headerMeanings} at={at} what="header" />
      </Card>
    </>
  );
}

interface MembersProps {
  readonly text: string | null;
  readonly meanings: Readonly<Record<string, string>>;
  readonly at: number;
  readonly what: string;
}

function Members({ text, meanings, at, what }: MembersProps): JSX.Element {
  if (text === null) return <p class="hint">The {what} cannot be decoded.</p>;
  const members = membersOf(text);
  return (
    <div class="stack">
      {members === null ? <p class="hint">The {what} is no JSON object.</p> : (
        <dl class="members">
          {members.map(([name, value], index) => (
            <div key={index}>
              <dt><code>{name}</code><span class="hint">{Object.hasOwn(meanings, name) ? meanings[name] : "Not one of a binding token's"}</span></dt>
              <dd>{shown(name, value, at)}</dd>
            </div>
          ))}
        </dl>
      )}
      <details>
        <summary>As it stands in the token</summary>
        <Code text={text} what={`The ${what} of the token`} wrap />
      </details>
    </div>
  );
}

function membersOf(text: string): [string, unknown][] | null {
  const object = parsed(text);
  return typeof object === "object" && object !== null && !Array.isArray(object) ? Object.entries(object) : null;
}

function shown(name: string, value: unknown, at: number): JSX.Element {
  if (dates.has(name) && typeof value === "number" && Math.abs(value) < 8e12) {
    return <>{dayAndTime(value * 1000)} <span class="hint">({relative(value * 1000, at)})</span></>;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return <>{value.map((item, index) => <code key={index} class="item">{item}</code>)}</>;
  return <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>;
}
