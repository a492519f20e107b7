// The parts that the views are put together from.

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

/** How something is meant: for colours and pictures, never for them alone. */
export type Tone = "plain" | "good" | "bad" | "warning" | "information";

const toneIcons: Readonly<Record<Tone, IconName>> = {
  plain: "information", good: "tick", bad: "cross", warning: "warning", information: "information",
};

/** The words for tones, for those who see no colours. */
const toneWords: Readonly<Record<Tone, string>> = { plain: "", good: "Good: ", bad: "Error: ", warning: "Warning: ", information: "" };

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly kind?: "primary" | "plain" | "quiet" | undefined;
  readonly disabled?: boolean | undefined;
  /** Something is under way that the button began. */
  readonly busy?: boolean | undefined;
  /** For buttons that show something: whether it is shown. */
  readonly expanded?: boolean | undefined;
  readonly pressed?: boolean | undefined;
  readonly label?: string | undefined;
  readonly describedBy?: string | undefined;
  readonly id?: string | undefined;
}

/**
 * A button. One that is disabled or busy stays reachable by keyboard, so that focus
 * is not lost while something is under way.
 */
export function Button({ children, onClick, kind = "plain", disabled = false, busy = false, expanded, pressed, label, describedBy, id }: ButtonProps): JSX.Element {
  const off = disabled || busy;
  return (
    <button
      type="button" class={`button ${kind}`} id={id} onClick={() => off || onClick()} aria-disabled={off || undefined} aria-busy={busy || undefined}
      aria-expanded={expanded} aria-pressed={pressed} aria-label={label} aria-describedby={describedBy}
    >
      {children}
    </button>
  );
}

interface CardProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What stands beside the title. */
  readonly aside?: ComponentChildren;
  readonly class?: string;
  readonly id?: string;
}

/** A part of a view with a heading. */
export function Card({ title, children, aside, class: extra = "", id }: CardProps): JSX.Element {
  const heading = useId();
  return (
    <section class={`card ${extra}`} aria-labelledby={heading} id={id}>
      <header class="card-head">
        <h2 id={heading}>{title}</h2>
        {aside !== undefined && <div class="card-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

interface NoticeProps {
  readonly tone: Tone;
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** Something that a person should read: an error with what to do about it, a hint, an empty state. */
export function Notice({ tone, title, children }: NoticeProps): JSX.Element {
  return (
    <div class={`notice ${tone}`}>
      <Icon name={toneIcons[tone]} />
      <div>
        <p class="notice-title"><span class="unseen">{toneWords[tone]}</span>{title}</p>
        {children}
      </div>
    </div>
  );
}

/** A word or number with a colour. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  /** Draws the control. It takes the id, and what describes it. */
  readonly children: (control: { readonly id: string; readonly "aria-describedby": string | undefined; readonly "aria-invalid": boolean | undefined }) => JSX.Element;
}

/** A control with its label, and what helps to fill it in. */
export function Field({ label, hint, error, children }: FieldProps): JSX.Element {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": error !== undefined || undefined })}
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {error !== undefined && <p class="field-error" id={`${id}-error`}>{error}</p>}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string; readonly disabled?: boolean }[];
  readonly onChange: (value: T) => void;
  readonly hint?: ComponentChildren;
  readonly disabled?: boolean | undefined;
}

/** One of several, as a list that opens. */
export function Choice<T extends string>({ label, value, options, onChange, hint, disabled }: ChoiceProps<T>): JSX.Element {
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <select {...control} value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value as T)}>
          {options.map((option) => <option key={option.value} value={option.value} disabled={option.disabled}>{option.text}</option>)}
        </select>
      )}
    </Field>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly hint?: ComponentChildren;
  readonly disabled?: boolean | undefined;
}

/** On or off, at once. */
export function Switch({ label, on, onChange, hint, disabled }: SwitchProps): JSX.Element {
  const id = useId();
  return (
    <div class="field switch-field">
      <label class="switch">
        <input type="checkbox" role="switch" checked={on} disabled={disabled} aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          onChange={(event) => onChange(event.currentTarget.checked)} />
        <span>{label}</span>
      </label>
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

/** What is shown where there is nothing yet: what belongs there, and how it comes there. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}
