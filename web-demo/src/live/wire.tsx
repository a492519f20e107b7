import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Button, Card, Empty, Switch } from "../ui/parts.tsx";
import { clear, dropped, messages, type Lane } from "../wire/recorder.ts";
import { lanes } from "./lanes.ts";
import { rowsOf } from "./rows.ts";
import { BeatsRow, MessageRow } from "./wire-row.tsx";

/** Pixels from the end within which the reader is taken to be at it. */
const NEAR = 48;

/** What passes between client, server and websocket, as it happens. */
export function Wire(): JSX.Element {
  const fold = useSignal(true);
  const following = useSignal(true);
  const list = useRef<HTMLDivElement>(null);
  const seen = useRef(0);
  const top = useRef(0);
  const shown = messages.value;
  const last = shown.at(-1)?.id ?? 0;
  useLayoutEffect(() => {
    if (following.value) toEnd(list.current);
  }, [last, fold.value]);
  useLayoutEffect(() => {
    if (!list.current) return undefined;
    const observer = new ResizeObserver(() => following.peek() && toEnd(list.current));
    observer.observe(list.current);
    return () => observer.disconnect();
  }, [shown.length === 0]);
  const onScroll = (): void => {
    if (!list.current) return; // the view was left before the browser told
    const { scrollTop, scrollHeight, clientHeight } = list.current;
    const up = scrollTop < top.current;
    top.current = scrollTop;
    if (scrollHeight - scrollTop - clientHeight < NEAR) following.value = true;
    else if (up) following.value = false; // only the reader scrolls up
  };
  if (following.value) seen.current = last;
  const fresh = shown.filter(({ id }) => id > seen.current).length;
  return (
    <Card title="What passes" class="wire" aside={<WireTools fold={fold.value} onFold={(on) => { fold.value = on; }} />}>
      {shown.length === 0
        ? (
          <Empty title="Nothing passed yet">
            <p>Every request, answer and frame is drawn here, from the first step on. Open one to read it exactly as it went.</p>
          </Empty>
        )
        : (
          <div class="wire-frame">
            <div class="wire-lanes" aria-hidden="true">{(["client", "server", "socket"] as const).map((lane) => <span key={lane} class={`lane ${lane}`}>{laneName(lane)}</span>)}</div>
            <div class="wire-scroll" ref={list} onScroll={onScroll} tabIndex={0} role="region" aria-label="Messages, oldest first">
              {dropped.value > 0 && <p class="hint wire-dropped">{dropped.value} older messages are not kept.</p>}
              <ol class="wire-list">
                {rowsOf(shown, fold.value).map((row) => (row.kind === "message"
                  ? <MessageRow key={row.key} message={row.message} />
                  : <BeatsRow key={row.key} messages={row.messages} />))}
              </ol>
            </div>
            {!following.value && (
              <div class="wire-newest">
                <Button onClick={() => { toEnd(list.current); following.value = true; }}>{fresh > 0 ? `${fresh} new: go to the newest` : "Go to the newest"}</Button>
              </div>
            )}
          </div>
        )}
    </Card>
  );
}

function WireTools({ fold, onFold }: { readonly fold: boolean; readonly onFold: (on: boolean) => void }): JSX.Element {
  return (
    <>
      <Switch label="Fold heartbeats" on={fold} onChange={onFold} />
      <Button kind="quiet" disabled={messages.value.length === 0} onClick={clear}>Clear</Button>
    </>
  );
}

/** The heading of a lane; where there is little room, its last word. */
function laneName(lane: Lane): JSX.Element {
  const words = lanes[lane].name.split(" ");
  const last = words.pop();
  return <>{words.length > 0 && <span class="wide-only">{words.join(" ")} </span>}{last}</>;
}

function toEnd(element: HTMLElement | null): void {
  if (element) element.scrollTop = element.scrollHeight;
}
