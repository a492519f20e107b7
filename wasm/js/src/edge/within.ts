/** Waiting, with an end to it. */

import { Alarm, type Clock } from "../client/clock.js";

/** What a promise resolves to, or the error that late() makes when the milliseconds are over before. */
export async function within<T>(clock: Clock, milliseconds: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let alarm!: Alarm;
  const over = new Promise<never>((_, reject) => { alarm = new Alarm(clock, () => reject(late())); });
  alarm.set(milliseconds);
  try {
    return await Promise.race([promise, over]);
  } finally {
    alarm.stop();
  }
}

/** What a store answers, or an error where it does not within the milliseconds. */
export function fromStore<T>(clock: Clock, milliseconds: number, answer: Promise<T>): Promise<T> {
  return within(clock, milliseconds, answer, () => new Error(`the store did not answer within ${milliseconds / 1000} s`));
}
