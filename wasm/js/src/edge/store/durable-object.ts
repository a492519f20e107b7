/** A Durable Object as a store: the object itself. */

import { ping, pong } from "./durable-watch.js";
import { kept, readRecord, writeRecord } from "./record.js";
import type { RevocationPage, RevocationRecord } from "./store.js";

/** What is used of an object's state. */
export interface ObjectState {
  /** What outlives the object. */
  readonly storage: ObjectStorage;
  /** Takes a websocket over that lasts while the object sleeps. */
  acceptWebSocket(socket: unknown): void;
  /** The websockets that were taken over and are open. */
  getWebSockets(): readonly ObjectSocket[];
  /** Has the runtime answer one text by another, without waking the object. */
  setWebSocketAutoResponse(pair?: unknown): void;
}

/** What is used of a websocket that an object holds. */
export interface ObjectSocket {
  /** Sends a text frame; it may throw where the socket is closing. */
  send(text: string): void;
}

/** What is used of an object's storage. */
export interface ObjectStorage extends ObjectEntries {
  /** Does all of the work or, if it rejects, nothing; no other work comes between. */
  transaction<T>(work: (entries: ObjectEntries) => Promise<T>): Promise<T>;
  /** When the object is woken, in milliseconds since 1970; null for never. */
  getAlarm(): Promise<number | null>;
  /** Has it woken then, in milliseconds since 1970. */
  setAlarm(milliseconds: number): Promise<void>;
}

/** Entries, within a transaction or without. */
export interface ObjectEntries {
  /** The value of a key, undefined if there is none. */
  get<T>(key: string): Promise<T | undefined>;
  /** Keeps a value, in place of the one before. */
  put<T>(key: string, value: T): Promise<void>;
  /** Deletes up to 128 keys, and says how many there were. */
  delete(keys: string[]): Promise<number>;
  /** The entries whose keys begin with `prefix`, in the order of keys, after `startAfter`. */
  list<T>(options: { prefix: string; startAfter?: string; limit?: number }): Promise<Map<string, T>>;
}

/** What is kept under a name until a time. */
interface Kept {
  readonly text: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** How often what has expired is removed, in milliseconds. */
const sweep = 3600 * 1000;

/** How many keys one deletion takes. */
const most = 128;

/** The globals of workerd that the types of the web do not have. */
const workerd = globalThis as unknown as {
  WebSocketPair: new () => { 0: unknown; 1: unknown };
  WebSocketRequestResponsePair: new (request: string, response: string) => unknown;
};

/**
 * The Durable Object behind {@link durableObjectStore}. A Worker exports it and names it
 * in its configuration, with the migration `new_sqlite_classes`; nothing but the Worker
 * can reach it. What it keeps survives restarts and new versions.
 */
export class GateStoreObject {
  #state: ObjectState;

  /** The runtime makes it. */
  constructor(state: ObjectState, _env?: unknown) {
    this.#state = state;
    state.setWebSocketAutoResponse(new workerd.WebSocketRequestResponsePair(ping, pong));
  }

  /** Does what a store asks, or opens the websocket of a watch. */
  async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") === "websocket") return this.#watch();
    const [method, ...args] = (await request.json()) as [string, ...unknown[]];
    const methods: Record<string, (...args: any[]) => Promise<unknown>> = {
      putIfAbsent: (key, value, expires) => this.#putIfAbsent(key, value, expires),
      get: async (key) => (await this.#held(this.#state.storage, key))?.text ?? null,
      increment: (counter) => this.#increment(counter),
      count: async (counter) => (await this.#state.storage.get<number>(`count:${counter}`)) ?? 0,
      revoke: (record) => this.#revoke(record),
      revoked: (since) => this.#revoked(since),
    };
    if (!Object.hasOwn(methods, method)) return new Response(null, { status: 404 });
    return Response.json((await methods[method]?.(...args)) ?? null);
  }

  /** Removes what has expired, and rests for an hour. */
  async alarm(): Promise<void> {
    let left = false;
    for (const prefix of ["key:", "revoked:"]) left = (await this.#sweep(prefix)) || left;
    if (left) await this.#setAlarm();
  }

  /** Says goodbye in turn. */
  webSocketClose(socket: { close(code: number): void }): void {
    socket.close(1000);
  }

  /** Seconds since 1970; a test may say otherwise. */
  protected now(): number {
    return Date.now() / 1000;
  }

  #putIfAbsent(key: string, text: string, expires: number): Promise<boolean> {
    return this.#state.storage.transaction(async (entries) => {
      if (await this.#held(entries, key)) return false;
      await entries.put<Kept>(`key:${key}`, { text, expires });
      await this.#setAlarm();
      return true;
    });
  }

  async #held(entries: ObjectEntries, key: string): Promise<Kept | undefined> {
    const held = await entries.get<Kept>(`key:${key}`);
    return held && held.expires > this.now() ? held : undefined;
  }

  #increment(counter: string): Promise<number> {
    return this.#state.storage.transaction((entries) => next(entries, `count:${counter}`));
  }

  async #revoke(record: RevocationRecord): Promise<void> {
    const text = writeRecord(record);
    await this.#state.storage.transaction(async (entries) => {
      const number = await next(entries, "revocations");
      await entries.put<Kept>(revoked(number), { text, expires: this.now() + kept });
    });
    await this.#setAlarm();
    for (const socket of this.#state.getWebSockets()) {
      try {
        socket.send(text);
      } catch {
        // It is closing, and its store is told so.
      }
    }
  }

  async #revoked(since = "0"): Promise<RevocationPage> {
    const { storage } = this.#state;
    const made = (await storage.get<number>("revocations")) ?? 0;
    // Who has seen more than there is has seen another object.
    const from = Number(since) <= made ? Number(since) : 0;
    const found = await storage.list<Kept>({ prefix: "revoked:", startAfter: revoked(from) });
    return { records: [...found.values()].map(({ text }) => readRecord(text)), cursor: String(made) };
  }

  #watch(): Response {
    const { 0: theirs, 1: ours } = new workerd.WebSocketPair();
    this.#state.acceptWebSocket(ours);
    return new Response(null, { status: 101, webSocket: theirs } as ResponseInit);
  }

  /** #sweep deletes what has expired under a prefix, and says whether anything is left. */
  async #sweep(prefix: string): Promise<boolean> {
    let left = false;
    for (let after: string | undefined; ; ) {
      const page = await this.#state.storage.list<Kept>({ prefix, limit: most, ...(after === undefined ? {} : { startAfter: after }) });
      const expired = [...page].filter(([, { expires }]) => expires <= this.now()).map(([key]) => key);
      if (expired.length > 0) await this.#state.storage.delete(expired);
      left ||= expired.length < page.size;
      after = [...page.keys()].at(-1);
      if (page.size < most) return left;
    }
  }

  async #setAlarm(): Promise<void> {
    const { storage } = this.#state;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + sweep);
  }
}

/** next moves a counter on. */
async function next(entries: ObjectEntries, counter: string): Promise<number> {
  const number = ((await entries.get<number>(counter)) ?? 0) + 1;
  await entries.put(counter, number);
  return number;
}

/** revoked is the key of the revocation of that number; they sort as the numbers do. */
function revoked(number: number): string {
  return `revoked:${String(number).padStart(16, "0")}`;
}
