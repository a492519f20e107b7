import type { JSX } from "preact";
import { Badge, Card, Empty } from "../ui/parts.tsx";
import { brief, timeOfDay } from "../ui/words.ts";
import { inRow } from "../wire/reading.ts";
import { CatchUp } from "./happen.tsx";
import { events } from "./session.ts";
import type { Chip, Entry, Strip } from "./timeline.ts";

/** Notifications that are listed. */
const LISTED = 50;

/** The events by their numbers: what came, what is missing, what came again. */
export function EventStrip({ blocked }: { readonly blocked: string }): JSX.Element {
  const { strips, entries } = events.value;
  const shown = strips.filter(({ chips }) => chips.length > 0);
  const missing = strips.reduce((sum, strip) => sum + strip.missing.reduce((count, { from, to }) => count + (to - from + 1n), 0n), 0n);
  return (
    <Card title="Events" class="events" aside={missing > 0n && <><Badge tone="warning">{String(missing)} missing</Badge><CatchUp blocked={blocked} /></>}>
      {shown.length === 0
        ? <Empty title="No event yet"><p>Each event of a Subscription has a number, from 1 on. They line up here, and gaps show.</p></Empty>
        : shown.map((strip) => <Numbers key={strip.subscription} strip={strip} alone={shown.length === 1} />)}
      {entries.length > 0 && <Notifications entries={entries} />}
    </Card>
  );
}

function Numbers({ strip: { subscription, chips }, alone }: { readonly strip: Strip; readonly alone: boolean }): JSX.Element {
  return (
    <div class="numbers">
      {!alone && <h3><code title={subscription}>Subscription/{brief(subscription)}</code></h3>}
      <ol class="chips" aria-label={`Event numbers of Subscription ${subscription}`}>
        {chips.map((chip) => <ChipOf key={chip.key} chip={chip} />)}
      </ol>
    </div>
  );
}

function ChipOf({ chip }: { readonly chip: Chip }): JSX.Element {
  if (chip.kind === "gap") {
    const { range: { from, to }, left } = chip;
    const range = from === to ? String(from) : `${from}–${to}`;
    const word = left === 0n ? "filled" : left < to - from + 1n ? `${left} missing` : "missing";
    return <li class={`chip gap ${left === 0n ? "filled" : ""}`}>{range} <span class="chip-word">{word}</span></li>;
  }
  const title = [timeOfDay(chip.at), chip.focus].filter(Boolean).join(", ");
  return (
    <li class={`chip ${chip.kind}`} title={title}>
      <span class="unseen">event </span>{String(chip.number)}{chip.kind === "again" && <span class="chip-word"> again</span>}<span class="unseen">, {title}</span>
    </li>
  );
}

function Notifications({ entries }: { readonly entries: readonly Entry[] }): JSX.Element {
  const latest = entries.slice(-LISTED).reverse();
  return (
    <details class="notifications">
      <summary>Notifications with events: {entries.length}</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Notifications with events, newest first">
        <table>
          <thead><tr><th scope="col">Time</th><th scope="col">Events</th><th scope="col">About</th></tr></thead>
          <tbody>
            {latest.map((entry) => (
              <tr key={entry.key}>
                <td>{timeOfDay(entry.at)}</td><td>{inRow(entry.numbers)}{newsOf(entry)}</td><td>{entry.focus.length > 0 ? entry.focus.join(", ") : "not told"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function newsOf({ numbers, repeated, asked }: Entry): string {
  const way = asked ? ", by $events" : "";
  if (repeated.length > 0) return (repeated.length === numbers.length ? " again" : `, of these ${inRow(repeated)} again`) + way;
  return way;
}
