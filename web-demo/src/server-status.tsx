import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { server } from "./server.ts";
import { announce } from "./ui/announce.tsx";
import { Button, Notice, type Tone } from "./ui/parts.tsx";
import { makeWorld, world } from "./world.ts";

const pills = {
  looking: ["plain", "Looking for a server"],
  none: ["plain", "No server"],
  there: ["good", "Server is there"],
  away: ["bad", "Server is gone"],
} as const satisfies Record<string, readonly [Tone, string]>;

/** Has it read out when the server goes, comes back, or would not have the page. */
let before: string = server.peek().state;
effect(() => {
  const now = server.value.state;
  if (now === "away") announce("The server does not answer any more.");
  if (now === "there" && before === "away") announce("The server is back.");
  before = now;
});
effect(() => {
  if (world.value.state === "failed") announce("The server would not make a world for this page.");
});

/** Says in the header whether there is a server. */
export function ServerPill(): JSX.Element {
  const [tone, text] = pills[server.value.state];
  return <span class={`pill ${tone}`}><span class="dot" aria-hidden="true" /><span class="pill-text">{text}</span></span>;
}

/** Says what to do where the server is gone, or would not have the page. */
export function ServerNotice(): JSX.Element | null {
  if (server.value.state === "away") {
    return (
      <Notice tone="bad" title="The server does not answer any more.">
        <p>The page looks for it every second. Start it again with <code>wsbind serve</code>: whatever it knew is gone with it, and the page begins anew.
          The validator works without.</p>
      </Notice>
    );
  }
  const here = world.value;
  if (here.state !== "failed") return null;
  return (
    <Notice tone="bad" title="The server would not make a world for this page.">
      <p>{here.error.message}</p>
      <Button onClick={() => void makeWorld({})}>Try again</Button>
    </Notice>
  );
}
