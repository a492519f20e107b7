import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";

/** One of several texts that take the same place. */
export interface Tab {
  readonly name: string;
  readonly title: string;
  readonly content: () => ComponentChildren;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Which is shown, where that is kept outside. */
  readonly selected?: string | undefined;
  readonly onSelect?: ((name: string) => void) | undefined;
}

/** Tabs as ARIA has them: one stop for the Tab key, arrows, Home and End among them. */
export function Tabs({ label, tabs, selected, onSelect }: TabsProps): JSX.Element {
  const own = useSignal(tabs[0]?.name ?? "");
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const shown = tabs.find(({ name }) => name === (selected ?? own.value)) ?? tabs[0];
  const select = (index: number): void => {
    const tab = tabs[(index + tabs.length) % tabs.length];
    if (!tab) return;
    own.value = tab.name;
    onSelect?.(tab.name);
    list.current?.querySelector<HTMLElement>(`[data-tab="${tab.name}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab === shown);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    select(to);
  };
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab, index) => (
          <button
            key={tab.name} type="button" role="tab" class="tab" data-tab={tab.name} id={`${id}-${tab.name}`}
            aria-selected={tab === shown} aria-controls={`${id}-panel`} tabIndex={tab === shown ? 0 : -1} onClick={() => select(index)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      {shown && <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown.name}`}>{shown.content()}</div>}
    </div>
  );
}
