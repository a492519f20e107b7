import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { announce } from "../ui/announce.tsx";
import { Button, Card, Empty, Notice } from "../ui/parts.tsx";
import { HappeningLine } from "./happening.tsx";
import type { Happening } from "./happenings.ts";
import { entries, followAgain, following, onEntries } from "./journal.ts";
import { off } from "./tenant.ts";

/** How many entries are shown. */
const SHOWN = 20;

/** What happens, the latest first. */
export function Feed(): JSX.Element {
  useEffect(() => onEntries(announceFaults), []);
  const latest = entries.value.slice(-SHOWN).reverse();
  return (
    <Card title="What happens" aside={<Live />}>
      <Trouble />
      {latest.length === 0
        ? <Empty title="Nothing has happened yet"><p>Every request, websocket and frame between clients and this world shows up here as it happens, and every fault that strikes.</p></Empty>
        : (
          <ol class="happenings" tabIndex={0} role="list" aria-label="What happened last">
            {latest.map((entry) => <li key={entry.n} class={entry.faults ? "struck-entry" : ""}><HappeningLine entry={entry} /></li>)}
          </ol>
        )}
    </Card>
  );
}

/** Milliseconds until an entry is news no more: the first that are read may be old. */
const NEWS = 5_000;

function announceFaults(added: readonly Happening[]): void {
  const news = added.filter(({ real }) => Date.now() - Date.parse(real) < NEWS);
  for (const fault of new Set(news.flatMap(({ faults = [] }) => faults))) announce(`The fault ${fault} has struck.`);
}

function Live(): JSX.Element {
  const now = following.value;
  if (now.state !== "following" || off.value !== null) return <span class="hint">not followed</span>;
  return <span class="pill good"><span class="dot" aria-hidden="true" />live{now.missed > 0 && `, ${now.missed} entries were too many`}</span>;
}

function Trouble(): JSX.Element | null {
  const now = following.value;
  if (now.state !== "failed" || off.value !== null) return null;
  return (
    <Notice tone="bad" title="The journal is not followed any more.">
      <p>{now.error.message}</p>
      <Button onClick={followAgain}>Follow it again</Button>
    </Notice>
  );
}
