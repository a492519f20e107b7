// Which client does what follows "Do it all": the package's own, which is careful,
// or one that makes the mistakes that clients make.

import { signal } from "@preact/signals";

/** Whether the client is the careful one. Mischief shows the same switch, the other way round. */
export const careful = signal(true);

/** Who takes the steps: the reader by buttons, or one of the two clients. */
export type Driver = "hand" | "careful" | "careless";

/** Who takes them now. */
export const driver = signal<Driver>("hand");
