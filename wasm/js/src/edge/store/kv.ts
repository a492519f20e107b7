/** Cloudflare KV as a store: cheap and near, and never quite up to date. */

import { checkFunction, readOptions, refuse } from "../../options.js";
import { kept, readRecord, writeRecord } from "./record.js";
import { Remote, type RemoteOptions } from "./remote.js";
import type { GateStore, RevocationPage, RevocationRecord } from "./store.js";

/** What is used of a KV namespace, such as a Worker's `env.NAME`. */
export interface KVNamespace {
  /** The text of a key, null if there is none. */
  get(key: string): Promise<string | null>;
  /** Keeps a text, for `expirationTtl` seconds; lists tell `metadata` with the key. */
  put(key: string, value: string, options: { expirationTtl: number; metadata?: unknown }): Promise<void>;
  /** A page of the keys that begin with `prefix`, from `cursor` on. */
  list(options: { prefix: string; cursor?: string }): Promise<KVListing>;
}

/** A key as a list tells it. */
export interface KVKey {
  /** The key. */
  readonly name: string;
  /** What it was put with; without it the gate reads the text. */
  readonly metadata?: unknown;
}

/** A page of keys. */
export interface KVListing {
  /** The keys, each with what it was put with. */
  readonly keys: readonly KVKey[];
  /** Whether there is no other page. */
  readonly list_complete: boolean;
  /** Where the next page begins. */
  readonly cursor?: string | undefined;
}

/** What can be told to {@link cloudflareKV}. */
export interface CloudflareKVOptions extends RemoteOptions {
  /** What all keys begin with; default `wsbind:`. */
  readonly prefix?: string | undefined;
  /** Gives the names under which revocations are kept, none twice; default random UUIDs. */
  readonly ids?: (() => string) | undefined;
}

/** The shortest life of a key, in seconds. */
const shortestLife = 60;

/** How late the clock of another place may be, and how long a key may take to it, in seconds. */
const spread = 600;

/** Bytes of a key's metadata, at most; beyond it a record is read by itself. */
const maxMetadata = 1000;

/**
 * A store on Cloudflare KV.
 *
 * - **Not atomic.** A token for single use can be used again at another place until
 *   KV has told that place, which takes a minute or more; two binds at one moment
 *   may both be let in, at one place too. Where single use must hold, take
 *   {@link durableObjectStore}.
 * - **Not pushed.** Revocations are polled, and reach other places as late as keys do:
 *   that minute counts on top of `pollInterval`.
 * - **No event numbers.** They must never repeat, and KV cannot promise that:
 *   `increment` and `count` refuse. The dialects `medplum` and `legacy` need a store
 *   that can count.
 *
 * It costs a read and a write for each bind, and one or two lists for each poll.
 *
 * @throws WsbindError `invalid-option` for options that cannot be used
 */
export function cloudflareKV(namespace: KVNamespace, options: CloudflareKVOptions = {}): GateStore {
  const known = readOptions("cloudflareKV", options, ["prefix", "ids", "timeout", "clock"]);
  if (!checkFunction("get of the namespace", namespace?.get)) refuse("cloudflareKV: there is no namespace; give what the Worker's env has under the name of its binding");
  return new CloudflareKV(namespace, known);
}

class CloudflareKV implements GateStore {
  readonly atomic = false;
  #namespace: KVNamespace;
  #remote: Remote;
  #prefix: string;
  #ids: () => string;

  constructor(namespace: KVNamespace, options: CloudflareKVOptions) {
    this.#namespace = namespace;
    this.#remote = new Remote("Cloudflare KV", options);
    this.#prefix = options.prefix ?? "wsbind:";
    this.#ids = options.ids ?? (() => crypto.randomUUID());
  }

  async putIfAbsent(key: string, value: string, expires: number): Promise<boolean> {
    const name = this.#prefix + "key:" + key;
    return this.#remote.call(async () => {
      if ((await this.#namespace.get(name)) !== null) return false;
      await this.#namespace.put(name, value, { expirationTtl: Math.max(shortestLife, Math.ceil(expires - this.#remote.now())) });
      return true;
    });
  }

  async get(key: string): Promise<string | undefined> {
    return this.#remote.call(async () => (await this.#namespace.get(this.#prefix + "key:" + key)) ?? undefined);
  }

  async increment(_counter: string): Promise<number> {
    return refuse("Cloudflare KV cannot count: event numbers would repeat; take a Durable Object as the store");
  }

  async count(counter: string): Promise<number> {
    return this.increment(counter);
  }

  async revoke(record: RevocationRecord): Promise<void> {
    const value = writeRecord(record);
    const metadata = new TextEncoder().encode(value).length <= maxMetadata ? { metadata: value } : {};
    const name = `${this.#hour(this.#remote.now())}${this.#ids()}`;
    await this.#remote.call(() => this.#namespace.put(name, value, { expirationTtl: kept, ...metadata }));
  }

  async revoked(since?: string): Promise<RevocationPage> {
    const cursor = String(Math.floor(this.#remote.now()));
    const pages = await this.#remote.call(() => Promise.all(this.#prefixes(since).map((prefix) => this.#list(prefix))));
    return { records: pages.flat(), cursor };
  }

  /** #hour is what the revocations made in an hour begin with. KV lists by nothing but beginnings. */
  #hour(seconds: number): string {
    return `${this.#prefix}revoked:${Math.floor(seconds / 3600)}:`;
  }

  /** #prefixes are the beginnings of what may have come since a cursor, or of all. */
  #prefixes(since: string | undefined): string[] {
    const until = this.#remote.now() + spread;
    const from = Math.min(Number(since ?? 0), this.#remote.now()) - spread;
    if (!(from > until - kept)) return [`${this.#prefix}revoked:`];
    const prefixes = new Set<string>([this.#hour(until)]);
    for (let at = from; at < until; at += 3600) prefixes.add(this.#hour(at));
    return [...prefixes];
  }

  async #list(prefix: string): Promise<RevocationRecord[]> {
    const records: RevocationRecord[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#namespace.list(cursor === undefined ? { prefix } : { prefix, cursor });
      for (const { name, metadata } of page.keys) {
        records.push(readRecord(typeof metadata === "string" ? metadata : ((await this.#namespace.get(name)) ?? "")));
      }
      if (page.list_complete || page.cursor === undefined) return records;
      cursor = page.cursor;
    }
  }
}
