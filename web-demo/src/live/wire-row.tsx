import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Icon, type IconName } from "../ui/icon.tsx";
import type { Tone } from "../ui/parts.tsx";
import { timeOfDay } from "../ui/words.ts";
import type { Message } from "../wire/message.ts";
import { numbersOf } from "../wire/reading.ts";
import { lanes } from "./lanes.ts";
import { MessageText } from "./message-text.tsx";
import { events } from "./session.ts";
import { short } from "./timeline.ts";

const marks: Readonly<Partial<Record<Tone, { readonly icon: IconName; readonly word: string }>>> = {
  good: { icon: "tick", word: "" }, bad: { icon: "cross", word: "error: " }, warning: { icon: "warning", word: "warning: " },
};

/** One message: an arrow that opens its text. */
export function MessageRow({ message }: { readonly message: Message }): JSX.Element {
  const open = useSignal(false);
  const id = useId();
  const { from, to, tone, title, kind } = message;
  const about = aboutOf(message);
  const news = newsOf(message);
  return (
    <li class={`wire-row ${tone}`}>
      <button type="button" class="wire-open" aria-expanded={open.value} aria-controls={open.value ? id : undefined} onClick={() => { open.value = !open.value; }}>
        <time class="wire-time">{timeOfDay(message.at)}</time>
        <span class="wire-lane-area">
          <span class="wire-label">
            <Mark tone={tone} />
            <span class="unseen">{lanes[from].spoken} to {lanes[to].spoken}: {marks[tone]?.word}</span>
            <span class="wire-title">{title}</span>
            {news !== "" && <span class="wire-news">{news}</span>}
            {about !== "" && <span class="wire-about">{about}</span>}
          </span>
          <span class={`arrow ${from}-${to} ${kind === "answer" || kind === "open" || kind === "failure" ? "dashed" : ""}`} aria-hidden="true" />
        </span>
      </button>
      {open.value && <div class="wire-text" id={id}><MessageText message={message} /></div>}
    </li>
  );
}

/** Heartbeats in a row, as one. */
export function BeatsRow({ messages }: { readonly messages: readonly Message[] }): JSX.Element {
  const open = useSignal(false);
  const first = messages[0]!;
  const last = messages.at(-1)!;
  return (
    <li class="wire-row plain">
      <button type="button" class="wire-open" aria-expanded={open.value} onClick={() => { open.value = !open.value; }}>
        <time class="wire-time">{timeOfDay(last.at)}</time>
        <span class="wire-lane-area">
          <span class="wire-label">
            <span class="unseen">{lanes[first.from].spoken} to {lanes[first.to].spoken}: </span>
            <span class="wire-title">{messages.length} heartbeats</span>
            <span class="wire-about">since {timeOfDay(first.at)}</span>
          </span>
          <span class={`arrow ${first.from}-${first.to}`} aria-hidden="true" />
        </span>
      </button>
      {open.value && <ol class="wire-list wire-beats">{messages.map((message) => <MessageRow key={message.id} message={message} />)}</ol>}
    </li>
  );
}

function Mark({ tone }: { readonly tone: Tone }): JSX.Element {
  const mark = marks[tone];
  return <span class="wire-mark">{mark && <Icon name={mark.icon} />}</span>;
}

/** What the events of a notification are to the reader: known before it is drawn, and the same ever after. */
function newsOf({ id, verdict }: Message): string {
  if (!verdict) return "";
  const entries = events.peek().entries.filter(({ message }) => message === id);
  if (entries.some(({ missing }) => missing.length > 0)) return "after a gap";
  return entries.some(({ repeated, numbers }) => numbers.length > 0 && repeated.length === numbers.length) ? "again" : "";
}

/** What a notification is about, beside its title. */
function aboutOf({ verdict, call }: Message): string {
  if (!verdict) return "";
  const { statuses } = verdict.notification;
  const events = statuses.flatMap((status) => status.events);
  if (call === "$events") return events.length === 0 ? "no events" : `events ${statuses.map(numbersOf).join(", ")}`;
  const focus = events[0]?.focus?.url;
  const more = events.length > 1 ? ` and ${events.length - 1} more` : "";
  return focus === undefined ? "" : `${events[0]!.interaction} ${short(focus)}${more}`.trim();
}
