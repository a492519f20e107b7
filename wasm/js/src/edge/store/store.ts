/** What gates remember, alone or together. */

/** What is taken back: one of the three. */
export type Revocation =
  | RevokedToken
  | RevokedSubscription
  | RevokedSubject;

/** One token is taken back. */
export interface RevokedToken {
  /** The token's name, its claim `jti`. */
  readonly jti: string;
}

/** The tokens issued so far lose a Subscription; what else they cover stays. */
export interface RevokedSubscription {
  /** The Subscription's id. */
  readonly subscription: string;
}

/** The tokens issued so far to one caller are taken back. */
export interface RevokedSubject {
  /** The caller's name, the claim `sub`. */
  readonly subject: string;
}

/** A revocation as a store keeps it. */
export interface RevocationRecord {
  /** What is taken back. */
  readonly revocation: Revocation;
  /** When, in seconds since 1970: by Subscription or subject it reaches tokens issued until then. */
  readonly at: number;
}

/** A page of revocations. */
export interface RevocationPage {
  /** What was revoked since the cursor that was given; some of it may have been told before. */
  readonly records: readonly RevocationRecord[];
  /** Where to go on from. */
  readonly cursor: string;
}

/**
 * What the gates of one deployment share. Whatever fails is thrown, and means that
 * the store cannot be reached.
 *
 * Keys are short texts of letters, digits, `.`, `_`, `-`; times are seconds since 1970.
 */
export interface GateStore {
  /** True if exactly one of any number of concurrent calls with one key puts its value. */
  readonly atomic: boolean;
  /** Puts a value if there is none, and says whether it did. It may be forgotten after `expires`. */
  putIfAbsent(key: string, value: string, expires: number): Promise<boolean>;
  /** The value of a key, undefined if there is none. */
  get(key: string): Promise<string | undefined>;
  /** Adds one to a counter that starts at 0 and never expires, and returns what it is then. No value is returned twice. */
  increment(counter: string): Promise<number>;
  /** What a counter is, without changing it; 0 if there is none. */
  count(counter: string): Promise<number>;
  /** Keeps a revocation for at least a day, the longest life of a token. */
  revoke(record: RevocationRecord): Promise<void>;
  /** Lists what was revoked since a cursor, all that matters yet without one. */
  revoked(since?: string): Promise<RevocationPage>;
  /**
   * Tells of revocations as they are made, until the signal is aborted, where the
   * store can. It resolves when it listens: who lists after that misses none. `lost` is
   * called once when it cannot tell any more, and nothing is told after that; it is
   * polled then.
   */
  watch?(tell: (record: RevocationRecord) => void, lost: (err: unknown) => void, signal: AbortSignal): Promise<void>;
}
