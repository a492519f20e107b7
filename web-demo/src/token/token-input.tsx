import type { JSX } from "preact";
import { Button, Field, Notice } from "../ui/parts.tsx";
import { sampleError, token, tryTheSample } from "./inspector.ts";
import { samples } from "./samples.ts";
import { Summary } from "./summary.tsx";

/** The place for a token, and samples for those who have none. */
export function TokenInput(): JSX.Element {
  return (
    <div class="stack">
      <Field label="Binding token" hint="It stays in this page. Even so: whoever has a live token can bind with it.">
        {(control) => (
          <textarea {...control} rows={6} spellcheck={false} autocomplete="off" class="token-text" placeholder="eyJhbGciOiJFUzI1NiIs…"
            value={token.value} onInput={(event) => { token.value = event.currentTarget.value; }} />
        )}
      </Field>
      <Summary />
      <Parts />
      <div>
        <h3 class="samples-title" id="samples">Samples, made in this page</h3>
        <ul class="chips" aria-labelledby="samples">
          {samples.map(({ name, text }) => <li key={name}><Button onClick={() => tryTheSample(name)}>{text}</Button></li>)}
        </ul>
      </div>
      {sampleError.value !== null && <Notice tone="bad" title="The sample could not be made."><p>{sampleError.value}</p></Notice>}
    </div>
  );
}

const parts = ["header", "claims", "signature"] as const;

/** The three parts of the token, each in a colour of its own. */
function Parts(): JSX.Element | null {
  const text = token.value.trim();
  const pieces = text.split(".");
  if (text === "" || text.length > 8_000 || pieces.length !== 3) return null;
  return (
    <dl class="token-parts">
      {parts.map((part, index) => (
        <div key={part} class={part}><dt>{part}</dt><dd>{pieces[index] || "(empty)"}</dd></div>
      ))}
    </dl>
  );
}
