// Whether everything has come that the server sent over this page's websockets. Its
// word that the clock has moved comes another way, and may come first.

import type { MockTenant, SocketState } from "wsbind/mock";
import { fromBase64url } from "../base64url.ts";
import { memberOf, parsed } from "../json.ts";

/** What came over one websocket, and the tokens it went by. */
export class Arrivals {
  readonly #tokens = new Set<unknown>();
  #came = 0;
  /** Frames that were waited for in vain: a fault may lose what the server takes for sent. */
  #lost = 0;
  #missing = 0;

  /** Notes a token that was shown: the server tells the websocket by it. */
  bind(token: string): void {
    const id = idOf(token);
    if (id !== undefined) this.#tokens.add(id);
  }

  /** Notes a frame. */
  frame(): void {
    this.#came++;
  }

  /** Returns how many frames are still to come, by what the server says of its websockets; at least one where something waits there. */
  missing(states: readonly SocketState[]): number {
    const mine = states.find(({ bound }) => bound.some(({ jti }) => this.#tokens.has(jti)));
    const due = mine ? Math.max(0, mine.frames + Math.sign(mine.queued) - this.#came) : 0;
    this.#lost = Math.min(this.#lost, due);
    return (this.#missing = due - this.#lost);
  }

  /** Waits no longer for what was missing. */
  giveUp(): void {
    this.#lost += this.#missing;
  }
}

const open = new Set<Arrivals>();

/** Begins to count for a websocket. */
export function arrivals(): Arrivals {
  const counted = new Arrivals();
  open.add(counted);
  return counted;
}

/** Ends that. */
export function leave(counted: Arrivals): void {
  open.delete(counted);
}

/** Asks a tenant what it has sent, and returns how many frames of that are still to come. */
export async function missing(tenant: Pick<MockTenant, "state">): Promise<number> {
  const states = (await tenant.state()).fhir.flatMap(({ sockets }) => sockets);
  return [...open].reduce((sum, counted) => sum + counted.missing(states), 0);
}

/** Waits no longer for those that were missing. */
export function giveUp(): void {
  for (const counted of open) counted.giveUp();
}

/** The jti of a token that has one. */
function idOf(token: string): unknown {
  try {
    return memberOf(parsed(new TextDecoder().decode(fromBase64url(token.split(".")[1] ?? ""))), "jti");
  } catch {
    return undefined;
  }
}
