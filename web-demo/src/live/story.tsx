import type { ComponentChildren, JSX } from "preact";
import { now } from "../clock.ts";
import { Icon } from "../ui/icon.tsx";
import { Badge, type Tone } from "../ui/parts.tsx";
import { driver } from "./client.ts";
import { stepNames, type StepName } from "./facts.ts";
import { Happen } from "./happen.tsx";
import { heldUp, Reasoned } from "./reasoned.tsx";
import { bind, connect, createSubscription, disconnect, events, facts, getToken, renew } from "./session.ts";
import { topicError } from "./settings.ts";
import { StepCode } from "./step-code.tsx";
import { StepResult } from "./step-result.tsx";
import { adviceOn, standingOf, told, type StepState } from "./told.ts";

/** The button of each step that has one. */
const actions: Readonly<Partial<Record<StepName, { readonly text: string; readonly act: () => unknown }>>> = {
  create: { text: "Create Subscription", act: createSubscription },
  token: { text: "Get token", act: getToken },
  connect: { text: "Connect", act: connect },
  bind: { text: "Bind", act: bind },
  renew: { text: "Renew", act: renew },
  disconnect: { text: "Disconnect", act: disconnect },
};

const tones: Readonly<Record<StepState, Tone>> = { "to do": "plain", next: "information", "under way": "information", done: "good", failed: "bad" };

/** The steps. `blocked` says why none can be taken now; "" if they can. */
export function Story({ blocked }: { readonly blocked: string }): JSX.Element {
  const { next, stateOf } = standingOf(facts.value, now.value, events.value.entries.length > 0, driver.value === "hand");
  return (
    <ol class="steps">
      {stepNames.map((step, index) => <Step key={step} step={step} number={index + 1} state={stateOf(step)} primary={step === next} blocked={blocked} />)}
    </ol>
  );
}

interface StepProps {
  readonly step: StepName;
  readonly number: number;
  readonly state: StepState;
  /** Whether its button is the one to press. */
  readonly primary: boolean;
  readonly blocked: string;
}

function Step({ step, number, state, primary, blocked }: StepProps): JSX.Element {
  const { title, text } = told[step];
  return (
    <li class={`step ${state.replace(" ", "-")}`} aria-current={primary ? "step" : undefined}>
      <span class="step-mark" aria-hidden="true">{state === "done" ? <Icon name="tick" /> : state === "failed" ? <Icon name="cross" /> : number}</span>
      <div class="step-body">
        <div class="step-head">
          <h3><span class="unseen">Step {number}: </span>{title}</h3>
          {state !== "to do" && <Badge tone={tones[state]}>{state}</Badge>}
        </div>
        <p class="step-text">{text}</p>
        <StepResult step={step} />
        <Failure step={step} />
        <div class="step-foot">
          <Action step={step} state={state} primary={primary} blocked={blocked} />
          <StepCode step={step} />
        </div>
      </div>
    </li>
  );
}

/** The buttons of a step. */
function Action({ step, state, primary, blocked }: Omit<StepProps, "number">): ComponentChildren {
  if (step === "listen") return <Happen primary={primary} blocked={blocked} />;
  const action = actions[step];
  if (!action) return null;
  const why = step === "disconnect" ? offLine() : blocked !== "" ? heldUp : notYet(step);
  return (
    <Reasoned why={why} primary={primary} busy={state === "under way"} onClick={action.act}>
      {step === "create" && facts.value.subscriptions.length > 0 ? "Create another" : action.text}
    </Reasoned>
  );
}

/** Why a step cannot be taken yet; "" if it can. */
function notYet(step: StepName): string {
  const { subscriptions, grant, open, bound, busy } = facts.value;
  if (driver.value !== "hand") return `the ${driver.value} client takes the steps`;
  if (busy !== null) return "another step is under way";
  if (step === "create") return topicError.value;
  if (step === "token") return subscriptions.length === 0 ? "there is no Subscription yet" : "";
  if (step === "connect") return !grant ? "there is no token yet" : open.length > 0 ? "the websocket is open" : "";
  if (step === "bind") return open.length === 0 ? "the websocket is not open" : "";
  return bound ? "" : "nothing is bound";
}

function offLine(): string {
  return driver.value === "hand" && facts.value.open.length === 0 ? "the websocket is not open" : "";
}

/** What went wrong with a step, and what to do about it. */
function Failure({ step }: { readonly step: StepName }): JSX.Element | null {
  const { failure } = facts.value;
  if (failure?.step !== step) return null;
  const { code, message } = failure.error;
  return (
    <div class="step-failure">
      <p><span class="unseen">Error </span><code>{code}</code> {message}</p>
      <p><strong>What to do:</strong> {adviceOn(code)}</p>
    </div>
  );
}
