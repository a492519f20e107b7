// The story: what each step is for, how it stands, and which comes next.

import type { Code } from "wsbind";
import type { StepName, Facts } from "./facts.ts";
import { lifeOf, renewFrom } from "./life.ts";

/** How a step stands. */
export type StepState = "to do" | "next" | "under way" | "done" | "failed";

/** What a step is called and what happens in it. */
export interface Told {
  readonly title: string;
  readonly text: string;
}

/** The story, for somebody who never heard of it. */
export const told: Readonly<Record<StepName, Told>> = {
  create: {
    title: "Create a Subscription",
    text: "You tell the server what you want to hear of, and how much each notification should bring. The channel is a websocket: the server never has to reach you, you connect to it.",
  },
  token: {
    title: "Get a binding token",
    text: "A browser cannot log in while it opens a websocket. So you ask over REST, where the server knows who you are: $get-ws-binding-token gives you a signed token for a few minutes, and the websocket-url to take it to.",
  },
  connect: {
    title: "Connect",
    text: "You open the websocket-url. Until you show a token, the server knows nothing of you and sends nothing.",
  },
  bind: {
    title: "Bind",
    text: "You send the token in a text frame. The server checks it and binds its Subscriptions to this websocket. A handshake notification for each says that it worked.",
  },
  listen: {
    title: "Listen",
    text: "Each event comes as a notification with a number, one more each time. A jump means that something is missing, and $events has it. Make something happen and see.",
  },
  renew: {
    title: "Renew in time",
    text: "When the token runs out, notifications stop. Get another one before that and send it over the same websocket: the handshake comes again, and no event is lost.",
  },
  disconnect: {
    title: "Disconnect",
    text: "You close the websocket. The Subscription stays and goes on counting; what happens meanwhile waits in $events.",
  },
};

/** Which step is next, and how each stands. */
export interface Standing {
  readonly next: StepName | null;
  stateOf(step: StepName): StepState;
}

/** How the steps stand. `guided` is false where a client takes the steps: the reader has none to take. */
export function standingOf(facts: Facts, now: number, heard: boolean, guided: boolean): Standing {
  const { grant, open, bound } = facts;
  const due = bound && grant !== null && lifeOf(facts.received, grant.expiration.getTime(), now).over >= renewFrom;
  const done: Readonly<Record<StepName, boolean>> = {
    create: facts.subscriptions.length > 0,
    token: grant !== null && (bound || grant.expiration.getTime() > now),
    connect: open.length > 0,
    bind: bound,
    listen: bound && heard,
    renew: bound && facts.renewals > 0 && !due,
    disconnect: false,
  };
  const next = guided ? nextOf(done, due) : null;
  const stateOf = (step: StepName): StepState => {
    if (facts.busy === step) return "under way";
    if (facts.failure?.step === step) return "failed";
    if (done[step]) return "done";
    return step === next ? "next" : "to do";
  };
  return { next, stateOf };
}

/** The first step that is not done; a renewal is next when it is due. */
function nextOf(done: Readonly<Record<StepName, boolean>>, due: boolean): StepName | null {
  if (due) return "renew";
  return (["create", "token", "connect", "bind", "listen"] as const).find((step) => !done[step]) ?? null;
}

const newToken = "Get a new token, then connect and bind again.";

const brokenAnswer = "The server's answer is not what the operation defines, so nothing is taken from it. Open that answer in “What passes”: it says where it is wrong. Then try again.";

const advices: Partial<Record<Code, string>> = {
  "expired-token": newToken,
  "revoked-token": "Somebody took the token back. Get a new one, then connect and bind again.",
  "already-used": "This server takes a token once only. Get a new one.",
  "invalid-token": "The server does not accept this token. Look at it in the Token view, then get a new one.",
  "unknown-subscription": "The Subscription is gone. Start over and create another.",
  "not-found": "The server does not know it. Start over and create another Subscription.",
  "gone": "The Subscription was deleted. Start over and create another.",
  "connection-lost": "Connect and bind again: the token is good until it expires. Then catch up with what you missed.",
  "connection-failed": "A browser does not say why. Look whether the server is there; of the mock, “What happens” in Mischief tells. Then try again, after a pause.",
  "timeout": "Try again, after a pause that grows each time.",
  "unavailable": "Try again, after a pause that grows each time; Retry-After in the answer says how long.",
  "too-many-requests": "Wait as long as Retry-After in the answer says, then try again.",
  "bind-timeout": "The server closes a websocket on which nobody shows a token. Connect, and bind at once.",
  "subscription-not-bindable": "Look at the status of the Subscription: only an active one can be bound.",
  "unsupported-topic": "Choose another topic: those of the list are there in the mock.",
  "business-rule": "The server does not support what the Subscription asks for: choose another topic or content level.",
  "wrong-value-type": brokenAnswer,
  "missing-parameter": brokenAnswer,
  "too-many-values": brokenAnswer,
  "wrong-resource-type": brokenAnswer,
  "too-many-parameters": brokenAnswer,
  "invalid-json": brokenAnswer,
  "invalid-call": "Take the steps in their order.",
  "login-required": "This server wants to know who asks, and this page has no credentials to show.",
};

/** What to do about an error; what the error itself says is told besides. */
export function adviceOn(code: Code): string {
  return advices[code] ?? "Open the last message to see what the server said. Mischief shows which fault it may have been.";
}
