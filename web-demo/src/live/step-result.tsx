import type { JSX } from "preact";
import { now } from "../clock.ts";
import { handToken } from "../token/handed.ts";
import { Button } from "../ui/parts.tsx";
import { timeOfDay } from "../ui/words.ts";
import type { StepName } from "./facts.ts";
import { base, came, facts } from "./session.ts";

/** What came of a step, in a line. */
export function StepResult({ step }: { readonly step: StepName }): JSX.Element | null {
  const { subscriptions, grant, open, bound, renewals } = facts.value;
  if (step === "create" && subscriptions.length > 0) {
    return (
      <ul class="step-result">
        {subscriptions.map(({ id, topic, status }) => <li key={id}><code>Subscription/{id}</code> is {status}, to <span class="topic">{topic.split("/").at(-1)}</span></li>)}
      </ul>
    );
  }
  if (step === "token" && grant) return <TokenResult />;
  if (step === "connect" && open.length > 0) return <p class="step-result">Open{grant && <>: <code>{grant.websocketUrl}</code></>}</p>;
  if (step === "bind" && bound) return <p class="step-result">Bound. Notifications come over this websocket.</p>;
  if (step === "listen" && bound) return <p class="step-result">{heard()}</p>;
  if (step === "renew" && renewals > 0) return <p class="step-result">Renewed {renewals === 1 ? "once" : `${renewals} times`}.</p>;
  return null;
}

function TokenResult(): JSX.Element {
  const { token, expiration, websocketUrl } = facts.value.grant!;
  const expired = expiration.getTime() <= now.value;
  return (
    <p class={`step-result ${expired ? "over" : ""}`}>
      <code class="token">{token.slice(0, 18)}…</code> {expired ? "expired at" : "is good until"} {timeOfDay(expiration.getTime())}{" "}
      <Button kind="quiet" onClick={() => handToken(token, { issuer: base.value, audience: websocketUrl })}>Inspect this token</Button>
    </p>
  );
}

function heard(): string {
  const count = came.value;
  return count === 0 ? "No event yet." : `${count} ${count === 1 ? "event" : "events"} so far.`;
}
