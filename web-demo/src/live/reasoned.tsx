import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { Button } from "../ui/parts.tsx";

/** The reason where all steps have the same, which stands above them. */
export const heldUp = "see above";

interface ReasonedProps {
  /** Why it cannot be pressed; "" if it can. */
  readonly why: string;
  readonly primary?: boolean;
  readonly busy?: boolean;
  readonly onClick: () => unknown;
  readonly children: ComponentChildren;
}

/** A button that says why it is off to those who cannot see what comes before it. */
export function Reasoned({ why, primary = false, busy, onClick, children }: ReasonedProps): JSX.Element {
  const reason = useId();
  return (
    <>
      <Button kind={primary ? "primary" : "plain"} disabled={why !== ""} busy={busy} onClick={onClick} describedBy={why === "" ? undefined : reason}>{children}</Button>
      {why !== "" && <span class="unseen" id={reason}>Not now: {why}.</span>}
    </>
  );
}
