// What is known of the channel, told from the messages that passed: whoever sent
// them, the reader by buttons or a client by itself.

import type { BindingResponse, WsbindError } from "wsbind";
import type { Message } from "../wire/message.ts";

/** The steps, in the order in which they are told. */
export const stepNames = ["create", "token", "connect", "bind", "listen", "renew", "disconnect"] as const;

/** A step. */
export type StepName = (typeof stepNames)[number];

/** A Subscription that was created here. */
export interface Created {
  readonly id: string;
  readonly topic: string;
  readonly status: string;
}

/** Why a step failed. */
export interface StepFailure {
  readonly step: StepName;
  readonly error: WsbindError;
}

/** What is known. */
export interface Facts {
  readonly subscriptions: readonly Created[];
  /** The latest token and what came with it. */
  readonly grant: BindingResponse | null;
  /** When it came. */
  readonly received: number;
  /** The websockets that are open. */
  readonly open: readonly number[];
  /** Whether a token is bound on one. */
  readonly bound: boolean;
  /** Whether a bind waits for its answer. */
  readonly binding: boolean;
  readonly renewals: number;
  /** What is under way. */
  readonly busy: StepName | null;
  readonly failure: StepFailure | null;
}

/** Before the first step. */
export const nothing: Facts = {
  subscriptions: [], grant: null, received: 0, open: [], bound: false, binding: false, renewals: 0, busy: null, failure: null,
};

/** Returns what is known after a message. */
export function follow(facts: Facts, message: Message): Facts {
  switch (message.kind) {
    case "request": return message.call === tokenCall ? begin(facts, "token") : facts;
    case "answer": return message.call === tokenCall ? granted(facts, message) : facts;
    case "failure": return message.call === undefined || message.call === tokenCall ? { ...facts, busy: null } : facts;
    case "opening": return begin(facts, "connect");
    case "open": return { ...facts, open: [...facts.open, message.connection!], busy: facts.bound ? "renew" : null };
    case "frame": return message.from === "client" ? sent(facts, message) : heard(facts, message);
    case "close": return closed(facts, message);
  }
}

/**
 * Returns what is known once a client has left: its sockets close, even where that is
 * still to be told, and a token that only it had is gone.
 */
export function leave(facts: Facts, tokenAtHand: string | undefined): Facts {
  const grant = facts.grant?.token === tokenAtHand ? facts.grant : null;
  return { ...facts, grant, open: [], bound: false, binding: false, busy: null };
}

const tokenCall = "$get-ws-binding-token";

/** A step begins; on a bound socket it is a part of the renewal. */
function begin(facts: Facts, step: StepName): Facts {
  const busy = facts.bound ? "renew" : step;
  return { ...facts, busy, failure: facts.failure?.step === busy ? null : facts.failure };
}

function granted(facts: Facts, { grant, at }: Message): Facts {
  if (!grant) return { ...facts, busy: null };
  return { ...facts, grant, received: at, busy: facts.bound ? "renew" : null };
}

function sent(facts: Facts, { token }: Message): Facts {
  return token ? { ...begin(facts, "bind"), binding: true } : facts;
}

/** A handshake accepts the token; what is no notification refuses it. Other notifications may come before (P§4). */
function heard(facts: Facts, { verdict }: Message): Facts {
  if (!facts.binding) return facts;
  if (!verdict) return { ...facts, binding: false, busy: null };
  if (!verdict.notification.statuses.some(({ type }) => type === "handshake")) return facts;
  return { ...facts, binding: false, busy: null, bound: true, renewals: facts.renewals + (facts.bound ? 1 : 0), failure: null };
}

function closed(facts: Facts, { connection }: Message): Facts {
  const open = facts.open.filter((one) => one !== connection);
  return open.length > 0 ? { ...facts, open } : { ...facts, open, bound: false, binding: false, busy: null };
}
