import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../ui/parts.tsx";
import { ActButton } from "./act-button.tsx";

interface ConfirmProps {
  /** What the button says. */
  readonly text: string;
  /** What the second button says, which does it. */
  readonly yes: string;
  /** What is lost by it. */
  readonly children: ComponentChildren;
  readonly onConfirm: () => void;
  readonly kind?: "primary" | "plain";
  readonly busy?: boolean;
}

/** A button that says first what is lost by it. Escape takes it back. */
export function Confirm({ text, yes, children, onConfirm, kind = "plain", busy = false }: ConfirmProps): JSX.Element {
  const asking = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const touched = useRef(false);
  useEffect(() => {
    if (touched.current) box.current?.querySelector<HTMLElement>("button")?.focus();
    touched.current = true;
  }, [asking.value]);
  const answer = (does: boolean): void => {
    asking.value = false;
    if (does) onConfirm();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && asking.value) answer(false);
  };
  return (
    <div class={asking.value ? "confirm asking" : "confirm"} ref={box} onKeyDown={onKeyDown}>
      {asking.value ? (
        <>
          <div class="confirm-text">{children}</div>
          <div class="row">
            <ActButton kind="primary" onClick={() => answer(true)}>{yes}</ActButton>
            <Button onClick={() => answer(false)}>Leave it as it is</Button>
          </div>
        </>
      ) : <ActButton kind={kind} onClick={() => { asking.value = true; }} busy={busy}>{text}</ActButton>}
    </div>
  );
}
