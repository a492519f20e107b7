import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { announce } from "./announce.tsx";
import { Icon } from "./icon.tsx";

/** Milliseconds for which a button says that it copied. */
const SAID = 2_000;

/** Copies a text to the clipboard, and says so. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }): JSX.Element {
  const state = useSignal<"" | "Copied" | "Not copied">("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      state.value = "Copied";
    } catch {
      state.value = "Not copied"; // the browser does not let it; the text can be marked by hand
    }
    announce(state.value === "Copied" ? `Copied ${what}.` : `The browser did not let ${what} be copied.`);
    setTimeout(() => { state.value = ""; }, SAID);
  };
  return (
    <button type="button" class="button quiet copy" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      <Icon name={state.value === "Copied" ? "tick" : "copy"} />
      {state.value || "Copy"}
    </button>
  );
}

interface CodeProps {
  readonly text: string;
  /** What it is, for the button that copies it and for the region's name. */
  readonly what: string;
  readonly wrap?: boolean;
}

/** A text as it is, with a button that copies it. It scrolls by keyboard as well. */
export function Code({ text, what, wrap = false }: CodeProps): JSX.Element {
  return (
    <div class="code">
      <pre class={wrap ? "wrap" : ""} tabIndex={0} role="region" aria-label={what}><code>{text}</code></pre>
      <Copy text={text} what={what} />
    </div>
  );
}
