// The life of a binding token, as the ring shows it.

import type { Tone } from "../ui/parts.tsx";
import { duration, timeOfDay } from "../ui/words.ts";

/** The shares of a token's life between which the package's client asks for the next one. */
export const renewFrom = 0.7;
export const renewUntil = 0.8;

/** A token's life at a moment. */
export interface Life {
  /** The share of its life that is over, 0 to 1. */
  readonly over: number;
  readonly tone: Tone;
  /** What remains, short: "4:12". */
  readonly clock: string;
  /** The same as a sentence. */
  readonly words: string;
  /** What is to be done about it. */
  readonly advice: string;
}

/** Says where in its life a token is. Times are in milliseconds since 1970. */
export function lifeOf(received: number, expires: number, now: number): Life {
  const left = expires - now;
  const over = expires > received ? Math.min(1, Math.max(0, (now - received) / (expires - received))) : 1;
  const at = (share: number): string => timeOfDay(received + share * (expires - received));
  if (left <= 0) {
    return { over: 1, tone: "bad", clock: "0:00", words: `Expired ${duration(left)} ago, at ${timeOfDay(expires)}.`, advice: "The server sends nothing for it any more. Only a new token helps." };
  }
  const shared = { over, clock: digits(left), words: `${duration(1000 * Math.ceil(left / 1000))} left, until ${timeOfDay(expires)}.` };
  if (over < renewFrom) return { ...shared, tone: "good", advice: `Time to renew: between ${at(renewFrom)} and ${at(renewUntil)}.` };
  if (over <= renewUntil) return { ...shared, tone: "information", advice: `Now is the time to renew it: until ${at(renewUntil)} there is room for a second try.` };
  return { ...shared, tone: "warning", advice: "Renew it now. When it runs out, notifications stop, and the socket is closed." };
}

function digits(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  const two = (count: number): string => String(count).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
