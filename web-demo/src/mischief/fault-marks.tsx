import type { JSX } from "preact";
import { Badge } from "../ui/parts.tsx";
import { countOf } from "./fault-plan.ts";

/** Says whether a fault waits, and how often it has struck. */
export function Marks({ fault }: { readonly fault: string }): JSX.Element | null {
  const { waiting, struck } = countOf(fault);
  if (waiting === 0 && struck === 0) return null;
  return (
    <span class="marks">
      {waiting > 0 && <Badge tone="information">{waiting === 1 ? "waits" : `${waiting} wait`}</Badge>}
      {struck > 0 && <Badge tone="warning">struck {struck === 1 ? "once" : `${struck} times`}</Badge>}
    </span>
  );
}
