// The story: what each step is for, how it stands, and which comes next.

import type { Code } from "wsbind";
import type { StepName, Facts } from "./facts.ts";

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
    text: "You tell the server what you want to hear of: the topic, and how much a notification brings. Its channel is a websocket, so the server waits until you connect: it never has to reach you.",
  },
  token: {
    title: "Get a binding token",
    text: "A browser cannot log in while it opens a websocket. So you ask over REST, where the server knows you: $get-ws-binding-token returns a signed token that lives for minutes, and the websocket-url to take it to.",
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
    text: "Each event now comes as a notification with a number. Numbers go up by one: a jump means that something is missing, and $events has it. Make something happen and see.",
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

/** How each step stands. */
export function statesOf(facts: Facts, now: number, heard: boolean): Readonly<Record<StepName, StepState>> {
  const { grant, open, bound } = facts;
  const done: Readonly<Record<StepName, boolean>> = {
    create: facts.subscriptions.length > 0,
    token: grant !== null && (bound || grant.expiration.getTime() > now),
    connect: open.length > 0,
    bind: bound,
    listen: bound && heard,
    renew: bound && facts.renewals > 0,
    disconnect: false,
  };
  const next = nextOf(done);
  const stateOf = (step: StepName): StepState => {
    if (facts.busy === step) return "under way";
    if (facts.failure?.step === step) return "failed";
    if (done[step]) return "done";
    return step === next ? "next" : "to do";
  };
  return { create: stateOf("create"), token: stateOf("token"), connect: stateOf("connect"), bind: stateOf("bind"), listen: stateOf("listen"), renew: stateOf("renew"), disconnect: stateOf("disconnect") };
}

/** The first step that is not done; a renewal is next only in time. */
export function nextOf(done: Readonly<Record<StepName, boolean>>): StepName | null {
  return (["create", "token", "connect", "bind", "listen", "renew"] as const).find((step) => !done[step]) ?? null;
}

const newToken = "Get a new token, then connect and bind again.";

const advices: Partial<Record<Code, string>> = {
  "expired-token": newToken,
  "revoked-token": "Somebody took the token back. Get a new one, then connect and bind again.",
  "already-used": "This server takes a token once only. Get a new one.",
  "invalid-token": "The server does not accept this token. Look at it in the Token view, then get a new one.",
  "unknown-subscription": "The Subscription is gone. Start over and create another.",
  "not-found": "The server does not know it. Start over and create another Subscription.",
  "gone": "The Subscription was deleted. Start over and create another.",
  "connection-lost": "Connect and bind again: the token is good until it expires. Then catch up with what you missed.",
  "connection-failed": "Look at the last message, and whether the server is there. Then try again.",
  "timeout": "Try again, after a pause that grows each time.",
  "unavailable": "Try again, after a pause that grows each time; Retry-After in the answer says how long.",
  "too-many-requests": "Wait as long as Retry-After in the answer says, then try again.",
  "bind-timeout": "The server closes a websocket on which nobody shows a token. Connect, and bind at once.",
  "subscription-not-bindable": "Look at the status of the Subscription: only an active one can be bound.",
  "business-rule": "The server does not support what the Subscription asks for: choose another topic or content level.",
  "invalid-call": "Take the steps in their order.",
  "login-required": "This server wants to know who asks, and this page has no credentials to show.",
};

/** What to do about an error; what the error itself says is told besides. */
export function adviceOn(code: Code): string {
  return advices[code] ?? "Open the last message to see what the server said. Mischief shows which fault it may have been.";
}
