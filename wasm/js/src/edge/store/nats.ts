/** NATS JetStream as a store: two KV buckets, which gates in Go and in JavaScript share. */

import { Turns } from "../../client/turns.js";
import { checkFunction, readOptions, refuse } from "../../options.js";
import { natsKey } from "./nats-key.js";
import { natsWatch, type NatsConnection } from "./nats-watch.js";
import { kept, readRecord, writeRecord } from "./record.js";
import { Remote, type RemoteOptions } from "./remote.js";
import type { GateStore, RevocationPage, RevocationRecord } from "./store.js";

/** What is used of a bucket, as `Kvm.create` of `@nats-io/kv` returns it. */
export interface NatsBucket {
  /** Puts a value where there is none, or rejects; returns its revision. */
  create(key: string, value: string): Promise<number>;
  /** Puts a value in place of the one at `revision`, or rejects; returns its own. */
  update(key: string, value: string, revision: number): Promise<number>;
  /** The entry of a key, null if there is none. */
  get(key: string): Promise<NatsEntry | null>;
  /** The entries of all keys that a pattern matches; it ends with the last. */
  history(options: { key: string }): Promise<AsyncIterable<NatsEntry>>;
  /** The entries that are put from now on under such keys, until it is stopped. */
  watch(options: { key: string; include: "updates" }): Promise<NatsUpdates>;
  /** How it is configured, and how far it is. */
  status(): Promise<NatsStatus>;
}

/** What a bucket is told from a moment on. */
export interface NatsUpdates extends AsyncIterable<NatsEntry> {
  /** Ends it. */
  stop(): void;
}

/** An entry of a bucket. */
export interface NatsEntry {
  /** Its number in the bucket's stream. */
  readonly revision: number;
  /** `PUT`, or what became of the value: `DEL`, `PURGE`. */
  readonly operation: string;
  /** The value as text. */
  string(): string;
}

/** How a bucket is configured, and how far it is. */
export interface NatsStatus {
  /** The life of its keys, in milliseconds; 0 for ever. */
  readonly ttl: number;
  /** The stream below it, of which the number of its last entry is read. */
  readonly streamInfo: NatsStreamInfo;
}

/** What is used of a description of a stream. */
export interface NatsStreamInfo {
  /** How far it is. */
  readonly state: NatsStreamState;
}

/** How far a stream is. */
export interface NatsStreamState {
  /** The number of its last entry. */
  readonly last_seq: number;
}

/** What {@link natsStore} is made of. */
export interface NatsStoreOptions extends RemoteOptions {
  /** The connection of both buckets, which tells when it is lost. */
  readonly connection: NatsConnection;
  /** Used tokens and revocations: a bucket whose keys live for 25 hours, by default `wsbind_tokens`. */
  readonly tokens: NatsBucket;
  /** Event numbers: a bucket whose keys live for ever, by default `wsbind_counters`. */
  readonly counters: NatsBucket;
  /** Gives the names under which revocations are kept, none twice; default random UUIDs. */
  readonly ids?: (() => string) | undefined;
}

/** What a server answers when a key is at another revision than was expected, by its two codes. */
const conflicts: readonly unknown[] = [10071, 10164];

/** Every revocation. */
const revocations = "revoked.>";

/**
 * A store on NATS JetStream KV, by `@nats-io/kv` 3, which gates in Go share with
 * `--store nats://…`:
 *
 * ```js
 * const kvm = new Kvm(connection)
 * const store = natsStore({
 *   connection,
 *   tokens: await kvm.create("wsbind_tokens", { ttl: 25 * 3600 * 1000 }),
 *   counters: await kvm.create("wsbind_counters"),
 * })
 * ```
 *
 * - **Two buckets**, because the life of keys is a bucket's: tokens live for a day at
 *   most, and event numbers must never start again. Both are checked at first use.
 * - **Atomic**: keys are created by the stream's leader, counters moved by
 *   compare-and-set. `get` and `count` may be answered by a replica that is a moment late.
 * - **Pushed**: revocations are watched. A lost connection ends the watch at once, a
 *   server that is silent within `timeout`.
 *
 * It costs one request for each bind, two for each event that is counted (more where
 * gates count one Subscription at one moment), and for each poll all revocations of the
 * last 25 hours. With three or more replicas nothing that was acknowledged is lost with
 * a server; file storage syncs to disk every two minutes unless the server is told
 * `sync_interval: always`.
 *
 * @throws WsbindError `invalid-option` for options that cannot be used
 */
export function natsStore(options: NatsStoreOptions): GateStore {
  const known = readOptions("natsStore", options, ["connection", "tokens", "counters", "ids", "timeout", "clock"]);
  if (!checkFunction("status of connection", known.connection?.status)) refuse("natsStore: there is no connection; give the NATS connection that the buckets are of");
  for (const name of ["tokens", "counters"] as const) {
    if (!checkFunction(`create of ${name}`, known[name]?.create)) refuse(`natsStore: ${name} is no bucket; give what Kvm.create returns`);
  }
  return new NatsStore(known);
}

class NatsStore implements GateStore {
  readonly atomic = true;
  #remote: Remote;
  #connection: NatsConnection;
  #tokens: NatsBucket;
  #counters: NatsBucket;
  #ids: () => string;
  #life: Promise<number> | undefined;
  #turns = new Map<string, { turns: Turns; waiting: number }>();

  constructor(options: NatsStoreOptions) {
    this.#remote = new Remote("NATS", options);
    this.#connection = options.connection;
    this.#tokens = options.tokens;
    this.#counters = options.counters;
    this.#ids = options.ids ?? (() => crypto.randomUUID());
  }

  async putIfAbsent(key: string, value: string, expires: number): Promise<boolean> {
    return this.#call(async (life) => {
      if (expires > this.#remote.now() + life) refuse(`a key is kept until ${expires}, and the bucket of tokens keeps it for ${life} s: give it a longer life`);
      return (await created(this.#tokens.create(`key.${natsKey(key)}`, value))) !== undefined;
    });
  }

  async get(key: string): Promise<string | undefined> {
    return this.#call(async () => present(await this.#tokens.get(`key.${natsKey(key)}`))?.string());
  }

  async increment(counter: string): Promise<number> {
    const key = natsKey(counter);
    const deadline = this.#remote.clock.now() + this.#remote.timeout;
    return this.#call(() => this.#inTurn(key, () => this.#add(key, deadline)));
  }

  async count(counter: string): Promise<number> {
    return this.#call(async () => this.#number(present(await this.#counters.get(natsKey(counter)))));
  }

  async revoke(record: RevocationRecord): Promise<void> {
    await this.#call(() => this.#tokens.create(`revoked.${this.#ids()}`, writeRecord(record)));
  }

  async revoked(since?: string): Promise<RevocationPage> {
    return this.#call(async () => {
      const { streamInfo } = await this.#tokens.status();
      // A stream that is not as far as it was has been made anew.
      const from = since !== undefined && Number(since) <= streamInfo.state.last_seq ? Number(since) : 0;
      return list(await this.#tokens.history({ key: revocations }), from);
    });
  }

  async watch(tell: (record: RevocationRecord) => void, lost: (err: unknown) => void, signal: AbortSignal): Promise<void> {
    await this.#call(async () => {});
    await natsWatch({ remote: this.#remote, connection: this.#connection, bucket: this.#tokens, key: revocations }, (entry) => tell(readRecord(entry.string())), lost, signal);
  }

  /** #call works on buckets that have been checked; it is given the life of a token's key, in seconds. */
  #call<T>(work: (life: number) => Promise<T>): Promise<T> {
    return this.#remote.call(async () => {
      this.#life ??= this.#check();
      let life: number;
      try {
        life = await this.#life;
      } catch (err) {
        this.#life = undefined; // it is asked anew
        throw err;
      }
      return work(life);
    });
  }

  async #check(): Promise<number> {
    const [tokens, counters] = await Promise.all([this.#tokens.status(), this.#counters.status()]);
    if (counters.ttl !== 0) refuse(`keys of the bucket of counters live for ${counters.ttl / 1000} s, and event numbers would repeat: give one without ttl`);
    if (tokens.ttl !== 0 && tokens.ttl < 1000 * (kept - 3600)) refuse(`keys of the bucket of tokens live for ${tokens.ttl / 1000} s, and tokens for a day: give it a ttl of ${kept} s`);
    return tokens.ttl === 0 ? Infinity : tokens.ttl / 1000;
  }

  /** #inTurn keeps those who count with one counter here from being in each other's way. */
  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#turns.get(key) ?? { turns: new Turns(), waiting: 0 };
    this.#turns.set(key, entry);
    entry.waiting++;
    try {
      return await entry.turns.take(work);
    } finally {
      if (--entry.waiting === 0) this.#turns.delete(key);
    }
  }

  /** #add tries until no other gate has moved the counter in between. Someone always gets on. */
  async #add(key: string, deadline: number): Promise<number> {
    while (this.#remote.clock.now() < deadline) {
      const entry = await this.#counters.get(key);
      const next = this.#number(present(entry)) + 1;
      const revision = await created(entry ? this.#counters.update(key, String(next), entry.revision) : this.#counters.create(key, String(next)));
      if (revision !== undefined) return next;
    }
    throw this.#remote.failed("no turn in time at a counter");
  }

  #number(entry: NatsEntry | undefined): number {
    const text = entry?.string() ?? "0";
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) throw this.#remote.failed("a counter is no whole number up to 2^53");
    return number;
  }
}

/** present returns an entry, undefined for one that somebody has deleted. */
function present(entry: NatsEntry | null): NatsEntry | undefined {
  return entry?.operation === "PUT" ? entry : undefined;
}

/** created returns the revision of what was written, undefined if another was before. */
async function created(writing: Promise<number>): Promise<number | undefined> {
  try {
    return await writing;
  } catch (err) {
    if (conflicts.includes((err as { code?: unknown } | null)?.code)) return undefined;
    throw err;
  }
}

/** list reads what came after a revision. Its cursor is of what was read: a replica may be late. */
async function list(entries: AsyncIterable<NatsEntry>, from: number): Promise<RevocationPage> {
  const records: RevocationRecord[] = [];
  let last = from;
  for await (const entry of entries) {
    if (entry.revision <= from || entry.operation !== "PUT") continue;
    records.push(readRecord(entry.string()));
    last = Math.max(last, entry.revision);
  }
  return { records, cursor: String(last) };
}
