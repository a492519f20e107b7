// How the client of this page behaves.

import { signal } from "@preact/signals";

/** Whether it does all that a client should; a careless one shows what the mock says of such. */
export const careful = signal(true);
