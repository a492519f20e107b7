import type { JSX } from "preact";
import { now } from "../clock.ts";
import { messages } from "../wire/recorder.ts";
import { lifeOf } from "./life.ts";
import { came, facts } from "./session.ts";

/** On narrow screens, where one part is below the other: a bar that leads to each, and says what is new there. */
export function Shortcuts(): JSX.Element | null {
  if (messages.value.length === 0) return null; // nothing is new, and a bar only hides what is behind it
  const { grant, received } = facts.value;
  const parts = [
    { text: "Steps", selector: ".live-story" },
    { text: grant ? `Token ${lifeOf(received, grant.expiration.getTime(), now.value).clock}` : "Token", selector: ".life" },
    { text: came.value > 0 ? `Events ${came.value}` : "Events", selector: ".events" },
    { text: `Messages ${messages.value.length}`, selector: ".wire" },
  ];
  return (
    <nav class="shortcuts" aria-label="Parts of this view">
      {parts.map(({ text, selector }) => <button key={selector} type="button" class="button quiet" onClick={() => go(selector)}>{text}</button>)}
    </nav>
  );
}

/** Shows a part, and moves the focus there, as a link within a page does. */
function go(selector: string): void {
  const part = document.querySelector<HTMLElement>(selector);
  part?.scrollIntoView();
  const heading = part?.querySelector("h2");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}
