import type { JSX } from "preact";
import { Choice, Field } from "../ui/parts.tsx";
import { audienceDue, issuerDue, jwksOfWorld, keysText, source, tolerance, type KeySource } from "./inspector.ts";

/** The keys and values that a token is held against. */
export function Against(): JSX.Element {
  const jwks = jwksOfWorld();
  return (
    <div class="stack">
      <Choice<KeySource>
        label="Keys" value={source.value} onChange={(value) => { source.value = value; }}
        options={[
          { value: "none", text: "None: the signature stays unknown" },
          { value: "server", text: "This server's JWK Set", disabled: jwks === null },
          { value: "text", text: "A JWK Set that you paste" },
        ]}
        hint={source.value === "server" && jwks !== null ? <>Fetched from <code>{jwks}</code></> : undefined}
      />
      {source.value === "text" && (
        <Field label="JWK Set" hint="Public keys are enough.">
          {(control) => (
            <textarea {...control} rows={5} spellcheck={false} placeholder='{"keys":[…]}' value={keysText.value}
              onInput={(event) => { keysText.value = event.currentTarget.value; }} />
          )}
        </Field>
      )}
      <Due label="Issuer that is due" hint="The FHIR base, character by character. Empty: any." value={issuerDue.value} set={(value) => { issuerDue.value = value; }} placeholder="https://fhir.example/R4" />
      <Due label="Audience that is due" hint="The websocket-url of the operation's answer. Empty: any." value={audienceDue.value} set={(value) => { audienceDue.value = value; }} placeholder="wss://fhir.example/ws" />
      <Field label="Clock tolerance, in seconds" hint="How far two clocks may differ. A minute is plenty.">
        {(control) => (
          <input {...control} type="number" min={0} max={3600} step={1} value={tolerance.value}
            onInput={(event) => { tolerance.value = Math.min(3600, Math.max(0, Math.round(event.currentTarget.valueAsNumber) || 0)); }} />
        )}
      </Field>
    </div>
  );
}

interface DueProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly placeholder: string;
}

function Due({ label, hint, value, set, placeholder }: DueProps): JSX.Element {
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <input {...control} type="text" spellcheck={false} autocomplete="off" placeholder={placeholder} value={value}
          onInput={(event) => set(event.currentTarget.value.trim())} />
      )}
    </Field>
  );
}
