// Whether everything has come that the server sent over this page's websockets. Its
// word that the clock has moved comes another way, and may come first.

import type { MockTenant, SocketState } from "wsbind/mock";
import { fromBase64url } from "../base64url.ts";
import { memberOf, parsed } from "../json.ts";

/** Milliseconds of real time after which nobody waits any longer, and between two looks. */
const PATIENCE = 1_000;
const LOOK = 4;

/** What came over one websocket, and the tokens it went by. */
export class Arrivals {
  readonly #tokens = new Set<unknown>();
  #came = 0;
  /** Frames that were waited for in vain: a fault may lose what the server takes for sent. */
  #lost = 0;

  /** Notes a token that was shown: the server tells the websocket by it. */
  bind(token: string): void {
    const id = idOf(token);
    if (id !== undefined) this.#tokens.add(id);
  }

  /** Notes a frame. */
  frame(): void {
    this.#came++;
  }

  /** How many frames are still under way, by what the server says of its websockets. */
  missing(states: readonly SocketState[]): number {
    const mine = states.find(({ bound }) => bound.some(({ jti }) => this.#tokens.has(jti)));
    return mine ? Math.max(0, mine.frames - this.#came - this.#lost) : 0;
  }

  /** Waits no longer for what is missing. */
  giveUp(states: readonly SocketState[]): void {
    this.#lost += this.missing(states);
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

/** Resolves when every frame has come that a tenant has sent; what takes longer than a second of real time is not waited for again. */
export async function arrived(tenant: Pick<MockTenant, "state">): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (open.size > 0) {
    const states = (await tenant.state()).fhir.flatMap(({ sockets }) => sockets);
    const late = [...open].filter((counted) => counted.missing(states) > 0);
    if (late.length === 0) return;
    if (performance.now() >= end) return void late.forEach((counted) => counted.giveUp(states));
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}

/** The jti of a token that has one. */
function idOf(token: string): unknown {
  try {
    return memberOf(parsed(new TextDecoder().decode(fromBase64url(token.split(".")[1] ?? ""))), "jti");
  } catch {
    return undefined;
  }
}
