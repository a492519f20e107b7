/** From a bind frame to what it grants: the token's form, signature and claims, what was revoked, and single use. */

import type { Clock } from "../client/clock.js";
import type { Claims } from "../claims.js";
import { WsbindError } from "../error.js";
import type { Kit } from "../kit.js";
import { why } from "../options.js";
import type { Verifier } from "../verifier.js";
import type { Observer } from "./observe.js";
import { fromStore } from "./within.js";
import type { Revocations } from "./revocations.js";
import { kept } from "./store/record.js";
import type { GateStore } from "./store/store.js";
import type { Omitted } from "./upstream/upstream.js";
import { storeTimeout, type Watch } from "./watch.js";

/** What admission needs. */
export interface AdmissionConfig {
  readonly kit: () => Promise<Kit>;
  readonly verifier: Verifier;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly observe: Observer;
  /** Where uses are noted; without it a token may be used as often as one likes. */
  readonly uses: GateStore | undefined;
  /** Whether tokens are accepted while the store cannot be reached. */
  readonly open: boolean;
}

/** A token that was verified. */
export interface Shown {
  readonly token: string;
  readonly claims: Claims;
  /** The name of its key. */
  readonly kid: string | undefined;
}

/** What is left of a token when what was revoked is taken off. */
export interface Left {
  readonly ids: readonly string[];
  readonly revoked: readonly Omitted[];
}

/** How long a use is remembered beyond the token, in seconds: the clock of a store may be ahead. */
const margin = 60;

/** A jti that is a key of a store as it is. */
const plain = /^[A-Za-z0-9_-]{1,64}$/;

/** Decides on tokens. */
export class Admission {
  #config: AdmissionConfig;

  constructor(config: AdmissionConfig) {
    this.#config = config;
  }

  /** Reads a bind frame and verifies its token. */
  async read(frame: string): Promise<Shown> {
    const { kit, verifier, clock, uses } = this.#config;
    const token = (await kit()).parseBind(frame);
    const claims = await verifier.verify(token);
    // The tolerance of a verifier is for clocks that differ; what would end at once is not begun.
    if (claims.exp * 1000 <= clock.now()) throw new WsbindError("expired-token", "the token has expired: ask for a new one");
    // A verifier may be told to accept any; the stores forget what is older than a day.
    if (uses !== undefined && claims.exp + margin > clock.now() / 1000 + kept) {
      throw new WsbindError("lifetime-too-long", `the token lasts for more than ${kept - margin} s, for which its use or revocation is remembered: ask for one that lasts less`);
    }
    return { token, claims, kid: kidOf(token) };
  }

  /** Takes off what was revoked, here or, by what keeps up with them, in other gates; throws `revoked-token` where nothing is left. */
  async left(claims: Claims, watch: Watch | undefined): Promise<Left> {
    const { revocations, open } = this.#config;
    await watch?.fresh().catch((err) => {
      if (!open) throw err;
    });
    // A token may name a Subscription twice.
    const named = [...new Set(claims.subscription)];
    const ids = named.filter((id) => !revocations.reaches(claims, id));
    if (ids.length === 0) throw new WsbindError("revoked-token", "the token was revoked: ask for a new one");
    return { ids, revoked: named.filter((id) => !ids.includes(id)).map(revoked) };
  }

  /** Uses the token up, where tokens are for single use. */
  async use({ jti, exp }: Claims): Promise<void> {
    const { uses, open, observe } = this.#config;
    if (uses === undefined) return;
    if (jti === undefined) throw new WsbindError("missing-claim", "claim jti is missing: this server takes each token once and could not tell it again");
    let first = true;
    try {
      first = await this.#note(uses, jti, exp);
    } catch (err) {
      const detail = `a use cannot be noted: ${why(err)}`;
      observe({ event: "store-failed", code: "store-unavailable", detail, jti });
      if (!open) throw new WsbindError("store-unavailable", detail, { cause: err });
    }
    if (!first) throw new WsbindError("already-used", "the token was used before and this server takes each token once: ask for a new one");
  }

  #note(uses: GateStore, jti: string, exp: number): Promise<boolean> {
    const put = useKey(jti).then((key) => uses.putIfAbsent(key, "used", exp + margin));
    return fromStore(this.#config.clock, storeTimeout, put);
  }
}

function revoked(id: string): Omitted {
  return { id, error: new WsbindError("revoked-token", `the token was revoked for Subscription/${id}`) };
}

/** useKey is where a use is noted. Stores bound their keys, and a jti may be any text: such a one goes by its SHA-256. */
export async function useKey(jti: string): Promise<string> {
  if (plain.test(jti)) return `jti.${jti}`;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(jti)));
  return `jti.sha256.${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** kidOf reads the key's name out of a token that was verified. */
function kidOf(token: string): string | undefined {
  try {
    const header = atob(token.slice(0, token.indexOf(".")).replaceAll("-", "+").replaceAll("_", "/"));
    const { kid } = JSON.parse(new TextDecoder().decode(Uint8Array.from(header, (c) => c.charCodeAt(0)))) as { kid?: unknown };
    return typeof kid === "string" ? kid : undefined;
  } catch {
    return undefined; // a verifier of the caller's own may have accepted what is no JWS
  }
}
