/** Redis as a store. */

import { checkFunction, readOptions, refuse } from "../../options.js";
import { kept, readRecord, writeRecord } from "./record.js";
import { Remote, type RemoteOptions } from "./remote.js";
import type { GateStore, RevocationPage, RevocationRecord } from "./store.js";

/**
 * What is used of a client, as node-redis has it. For ioredis it is
 * `{ sendCommand: ([name, ...args]) => redis.call(name, ...args) }`.
 */
export interface RedisClient {
  /** Sends a command and returns its reply, with texts as strings. */
  sendCommand(args: string[]): Promise<unknown>;
}

/** What can be told to {@link redisStore}. */
export interface RedisStoreOptions extends RemoteOptions {
  /** What all keys begin with; default `wsbind:`. */
  readonly prefix?: string | undefined;
  /** A second connection, for this store alone, as `client.duplicate()` makes it: on it revocations are waited for. */
  readonly subscriber?: RedisClient | undefined;
}

/** How many revocations are read at a time. */
const chunk = 1000;

/**
 * A store on Redis 6.2 or later, or Valkey.
 *
 * - **Atomic**: `SET NX` and `INCR`. Revocations are a stream, whose numbers the server
 *   gives in the order in which they can be read: a poll misses none.
 * - **Pushed** with a `subscriber`, which waits for the stream (`XREAD BLOCK`) and goes on
 *   where it was; without one, polled.
 * - **What the server forgets is forgotten.** Event numbers repeat after a restart unless
 *   it writes them to disk (`appendonly yes`, and `appendfsync always` for power cuts);
 *   a replica that takes over may lack the last writes; an eviction policy other than
 *   `noeviction` may drop used tokens.
 *
 * It costs a command for each bind, for each event that is counted, and for each poll;
 * with a subscriber one for each half `timeout`. Client libraries queue commands while
 * they are not connected: one that was late may still be done, which uses a token up or
 * skips a number.
 *
 * @throws WsbindError `invalid-option` for options that cannot be used
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): GateStore {
  const known = readOptions("redisStore", options, ["prefix", "subscriber", "timeout", "clock"]);
  checkClient("client", client);
  if (known.subscriber === undefined) return new RedisStore(client, known);
  checkClient("subscriber", known.subscriber);
  return new PushingRedisStore(client, known.subscriber, known);
}

/** checkClient refuses what cannot send commands. */
function checkClient(name: string, client: RedisClient | undefined): void {
  if (!checkFunction(`sendCommand of ${name}`, client?.sendCommand)) refuse(`${name} has no sendCommand; see RedisClient for how others than node-redis are given`);
}

class RedisStore implements GateStore {
  readonly atomic = true;
  protected readonly remote: Remote;
  protected readonly stream: string;
  #client: RedisClient;
  #prefix: string;

  constructor(client: RedisClient, options: RedisStoreOptions) {
    this.#client = client;
    this.remote = new Remote("Redis", options);
    this.#prefix = options.prefix ?? "wsbind:";
    this.stream = `${this.#prefix}revoked`;
  }

  async putIfAbsent(key: string, value: string, expires: number): Promise<boolean> {
    const until = String(Math.max(1, Math.ceil(expires)));
    return (await this.command("SET", this.#prefix + "key:" + key, value, "NX", "EXAT", until)) !== null;
  }

  async get(key: string): Promise<string | undefined> {
    const value = await this.command("GET", this.#prefix + "key:" + key);
    return value === null ? undefined : this.text(value);
  }

  async increment(counter: string): Promise<number> {
    return this.#number(await this.command("INCR", this.#prefix + "count:" + counter));
  }

  async count(counter: string): Promise<number> {
    return this.#number((await this.command("GET", this.#prefix + "count:" + counter)) ?? 0);
  }

  async revoke(record: RevocationRecord): Promise<void> {
    const oldest = Math.floor(this.remote.clock.now() - 1000 * kept);
    await this.command("XADD", this.stream, "MINID", "~", String(oldest), "*", "record", writeRecord(record));
  }

  async revoked(since?: string): Promise<RevocationPage> {
    const records: RevocationRecord[] = [];
    for (let cursor = since ?? "0-0"; ; ) {
      const page = this.page(await this.command("XRANGE", this.stream, `(${cursor}`, "+", "COUNT", String(chunk)), cursor);
      records.push(...page.records);
      cursor = page.cursor;
      if (page.records.length < chunk) return { records, cursor };
    }
  }

  protected command(...args: string[]): Promise<unknown> {
    return this.remote.call(() => this.#client.sendCommand(args));
  }

  /** page reads entries of the stream: `[id, ["record", text]]` each. */
  protected page(entries: unknown, cursor: string): RevocationPage {
    if (!Array.isArray(entries)) throw this.remote.failed("the reply is no list of entries");
    const records = entries.map((entry) => readRecord(this.text(entry?.[1]?.[1])));
    return { records, cursor: entries.length > 0 ? this.text(entries.at(-1)[0]) : cursor };
  }

  protected text(value: unknown): string {
    if (typeof value !== "string") throw this.remote.failed("the reply is no string: give a client that does not return Buffers");
    return value;
  }

  #number(value: unknown): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.remote.failed("a counter is no whole number up to 2^53");
    return number;
  }
}

class PushingRedisStore extends RedisStore {
  #subscriber: RedisClient;

  constructor(client: RedisClient, subscriber: RedisClient, options: RedisStoreOptions) {
    super(client, options);
    this.#subscriber = subscriber;
  }

  async watch(tell: (record: RevocationRecord) => void, lost: (err: unknown) => void, signal: AbortSignal): Promise<void> {
    // Not XREAD's "$", which would miss what comes between two waits.
    const last = this.page(await this.command("XREVRANGE", this.stream, "+", "-", "COUNT", "1"), "0-0").cursor;
    void this.#follow(last, tell, signal).catch((err) => {
      if (!signal.aborted) lost(err);
    });
  }

  async #follow(last: string, tell: (record: RevocationRecord) => void, signal: AbortSignal): Promise<void> {
    // Half the time that a reply may take, so that a wait in vain is told from a lost server.
    const block = String(Math.max(1, Math.floor(this.remote.timeout / 2)));
    while (!signal.aborted) {
      const reply = await this.remote.call(() => this.#subscriber.sendCommand(["XREAD", "BLOCK", block, "STREAMS", this.stream, last]));
      if (signal.aborted) return;
      const page = this.page(streamOf(reply, this.stream), last);
      for (const record of page.records) tell(record);
      last = page.cursor;
    }
  }
}

/** streamOf returns the entries of the one stream in a reply of XREAD, as RESP 2, RESP 3 or nothing. */
function streamOf(reply: unknown, stream: string): unknown {
  if (reply === null) return [];
  if (reply instanceof Map) return reply.get(stream);
  if (!Array.isArray(reply)) return (reply as Record<string, unknown>)[stream];
  return Array.isArray(reply[0]) ? reply[0][1] : reply[1];
}
