import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { pretty } from "../json.ts";
import { handToken } from "../token/handed.ts";
import { handDocument } from "../validator/state.ts";
import { Code } from "../ui/code.tsx";
import { Button } from "../ui/parts.tsx";
import { milliseconds } from "../ui/words.ts";
import { messages, textOf, type Message } from "../wire/recorder.ts";
import { lanes } from "./lanes.ts";
import { wire } from "./session.ts";

/** Issues that are shown of a notification. */
const ISSUES = 5;

/** A message exactly as it went, and indented on request. */
export function MessageText({ message }: { readonly message: Message }): JSX.Element {
  const indented = useSignal(false);
  const { body, token, hint } = message;
  const json = pretty(body);
  const checked = kindOf(message);
  const text = indented.value ? textOf({ ...message, body: json }) : textOf(message);
  return (
    <>
      <p class="hint">{about(message)}</p>
      {text === "" ? <p class="hint">It has no text.</p> : <Code text={text} what={`the message ${message.title}`} wrap />}
      {hint !== undefined && <p class="hint">{hint}</p>}
      <Issues message={message} />
      <div class="step-actions">
        {json !== body && <Button pressed={indented.value} onClick={() => { indented.value = !indented.value; }}>Indent the JSON</Button>}
        {checked !== undefined && body !== "" && <Button onClick={() => handDocument(body, { kind: checked, fhir: wire().fhir })}>Check it in the Validator</Button>}
        {token && <Button onClick={() => handToken(token.token, token)}>Inspect this token</Button>}
      </div>
    </>
  );
}

/** What the Validator would take a message for; undefined if it has no definition for it. */
function kindOf({ kind, verdict, call, from }: Message): "response" | "notification" | undefined {
  if (verdict || (kind === "frame" && from === "socket")) return "notification";
  return call === "$get-ws-binding-token" && from === "server" ? "response" : undefined;
}

/** What the package finds in a message that breaks its definition. */
function Issues({ message: { issues } }: { readonly message: Message }): JSX.Element | null {
  const errors = (issues ?? []).filter(({ severity }) => severity === "error" || severity === "fatal");
  if (errors.length === 0) return null;
  return (
    <div class="wire-issues">
      <p><strong>Not as its definition has it:</strong></p>
      <ul>
        {errors.slice(0, ISSUES).map(({ code, diagnostics, expression }, index) => <li key={index}><code>{code}</code> {diagnostics} {expression[0] !== undefined && <code>{expression[0]}</code>}</li>)}
        {errors.length > ISSUES && <li>and {errors.length - ISSUES} more</li>}
      </ul>
    </div>
  );
}

/** Between whom, and what it answers. */
function about({ from, to, answers, at, connection }: Message): string {
  const way = `From the ${lanes[from].spoken} to the ${lanes[to].spoken}`;
  const asked = answers === undefined ? undefined : messages.peek().find(({ id }) => id === answers);
  const socket = connection === undefined ? "" : `, connection ${connection}`;
  return `${way}${socket}${asked ? `, in answer to “${asked.title}”, ${milliseconds(at - asked.at)} later` : ""}.`;
}
