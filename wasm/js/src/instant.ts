// The time, as callers give it.

import { refuse, show } from "./options.js";

/** A point in time: seconds since 1970, fractions allowed, or a Date. */
export type Instant = number | Date;

/** A clock. */
export type Clock = () => Instant;

/** The last second of the year 9999. What is beyond it is milliseconds. */
const MAX_SECONDS = 253402300799;

/** systemClock is the runtime's clock. */
export const systemClock: Clock = () => Date.now() / 1000;

/** seconds returns an instant in seconds since 1970. */
export function seconds(instant: Instant): number {
  const value = typeof instant === "number" ? instant : isDate(instant) ? instant.getTime() / 1000 : NaN;
  if (value >= 0 && value <= MAX_SECONDS) return value;
  if (value > MAX_SECONDS && value < Infinity) refuse(`now is ${value}: seconds since 1970 are due, no milliseconds`);
  refuse(`now is ${show(instant)}: a number of seconds since 1970 or a valid Date is due`);
}

/** readClock asks a clock for the time in seconds. Its own failure is the caller's, and comes as every other does. */
export function readClock(clock: Clock): number {
  let instant: Instant;
  try {
    instant = clock();
  } catch (err) {
    refuse("now threw instead of telling the time: see cause", err);
  }
  return seconds(instant);
}

function isDate(instant: unknown): instant is Date {
  return Object.prototype.toString.call(instant) === "[object Date]";
}
