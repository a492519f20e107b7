import type { JSX } from "preact";
import { timeOfDay } from "../ui/words.ts";
import { Badge } from "../ui/parts.tsx";
import type { Happening } from "./happenings.ts";
import { tell } from "./words.ts";

/** Whose doing it was, as the beginning of a sentence. */
const whose = { client: "Client", server: "Server", test: "Test" } as const;

/** An entry of the journal, in words. */
export function HappeningLine({ entry }: { readonly entry: Happening }): JSX.Element {
  const { side, text, why } = tell(entry);
  return (
    <>
      <span class="happening-time"><time dateTime={entry.time}>{timeOfDay(Date.parse(entry.time))}</time> <span class="hint">#{entry.n}</span></span>
      <span class={`side ${side}`}>{whose[side]}</span>
      <span class="happening-text">
        {text}
        {why !== "" && <span class="why">{why}</span>}
        {entry.faults?.map((fault) => <Badge key={fault} tone="warning">fault: {fault}</Badge>)}
      </span>
    </>
  );
}
