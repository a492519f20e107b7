// Something that is done to the server, with what became of it where it was asked for.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { WsbindError } from "wsbind";
import type { MockTenant } from "wsbind/mock";
import { asError } from "../engine.ts";
import { announce } from "../ui/announce.tsx";
import { Icon } from "../ui/icon.tsx";
import { sentence } from "../ui/words.ts";
import { off, tenant } from "./tenant.ts";

/** An action and its state. */
export interface Action {
  readonly busy: boolean;
  /** What was done, in a sentence; "" before. */
  readonly done: string;
  readonly error: WsbindError | null;
  /** Does it; the sentence that work returns says what was done. */
  readonly run: (work: (on: MockTenant) => Promise<string>) => void;
  /** Forgets what became of it. */
  readonly forget: () => void;
}

/** Keeps the state of an action. */
export function useAction(): Action {
  const busy = useSignal(false);
  const done = useSignal("");
  const error = useSignal<WsbindError | null>(null);
  const forget = (): void => {
    done.value = "";
    error.value = null;
  };
  const act = async (work: (on: MockTenant) => Promise<string>): Promise<void> => {
    const on = tenant.peek();
    if (on === null || off.peek() !== null || busy.peek()) return;
    busy.value = true;
    forget();
    try {
      done.value = await work(on);
      if (done.peek() !== "") announce(done.peek());
    } catch (err) {
      error.value = asError(err);
      announce(`That failed: ${saidOf(error.peek()!)}`);
    } finally {
      busy.value = false;
    }
  };
  return { busy: busy.value, done: done.value, error: error.value, run: (work) => void act(work), forget };
}

/** What the server says is wrong, without what was asked of it: that is seen. */
export function saidOf({ issues, message }: WsbindError): string {
  return sentence(issues?.[0]?.diagnostics ?? message);
}

/** Says what became of an action. */
export function Outcome({ action: { done, error } }: { readonly action: Action }): JSX.Element | null {
  if (error !== null) return <p class="outcome failed"><Icon name="cross" /><span>{saidOf(error)} <code>{error.code}</code></span></p>;
  return done === "" ? null : <p class="outcome"><Icon name="tick" /><span>{done}</span></p>;
}
