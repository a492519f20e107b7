/** A Durable Object as a store: the side that asks. */

import { checkFunction, readOptions, refuse } from "../../options.js";
import { durableWatch, type DurableSocket } from "./durable-watch.js";
import { Remote, type RemoteOptions } from "./remote.js";
import type { GateStore, RevocationPage, RevocationRecord } from "./store.js";

/** What is used of a stub, as `env.NAME.get(id)` returns it. */
export interface DurableStub {
  /** Asks the object; `headers` with `upgrade` ask for a websocket. */
  fetch(url: string, init?: { method?: string; headers?: Record<string, string>; body?: string }): Promise<DurableResponse>;
}

/** What is used of its answers. */
export interface DurableResponse {
  /** Whether the status is one from 200 to 299. */
  readonly ok: boolean;
  /** The status of HTTP. */
  readonly status: number;
  /** Reads the body. */
  json(): Promise<unknown>;
  /** What was opened, where a websocket was asked for. */
  readonly webSocket?: DurableSocket | null | undefined;
}

/** What can be told to {@link durableObjectStore}. */
export type DurableObjectStoreOptions = RemoteOptions;

/** Where the object is asked; nothing but the object sees it. */
const address = "https://wsbind-store/";

/**
 * A store in a Durable Object of the class {@link GateStoreObject}, which the Worker
 * exports:
 *
 * ```js
 * export { GateStoreObject } from "wsbind/edge"
 * const store = durableObjectStore(() => env.GATE_STORE.get(env.GATE_STORE.idFromName("gate")))
 * ```
 *
 * - **Atomic**: one object, which does one thing after the other, on disk before it answers.
 * - **Pushed**: `watch` is a websocket to the object, which sleeps meanwhile. In Workers
 *   what one request opened can only be used by that request: a watch lives as long as
 *   the request, or the Durable Object, that began it.
 * - **One place.** It answers some hundred calls a second, from where it was first asked;
 *   who has more deployments than one gives each an object of its own name.
 *
 * It costs a request to the object for each call, a write for each bind, revocation and
 * event that is counted, and a look at all keys each hour. A stub is given or a function
 * that makes one for each call: a stub too belongs to its request, and one that has
 * failed may stay broken.
 *
 * @throws WsbindError `invalid-option` for options that cannot be used
 */
export function durableObjectStore(stub: DurableStub | (() => DurableStub), options: DurableObjectStoreOptions = {}): GateStore {
  const known = readOptions("durableObjectStore", options, ["timeout", "clock"]);
  if (typeof stub === "function") return new DurableObjectStore(stub, known);
  if (!checkFunction("fetch of the stub", stub?.fetch)) refuse("durableObjectStore: there is no stub; give env.NAME.get(id), or a function that does");
  return new DurableObjectStore(() => stub, known);
}

class DurableObjectStore implements GateStore {
  readonly atomic = true;
  #stub: () => DurableStub;
  #remote: Remote;

  constructor(stub: () => DurableStub, options: RemoteOptions) {
    this.#stub = stub;
    this.#remote = new Remote("the Durable Object", options);
  }

  async putIfAbsent(key: string, value: string, expires: number): Promise<boolean> {
    return (await this.#ask("putIfAbsent", key, value, expires)) as boolean;
  }

  async get(key: string): Promise<string | undefined> {
    return ((await this.#ask("get", key)) as string | null) ?? undefined;
  }

  async increment(counter: string): Promise<number> {
    return (await this.#ask("increment", counter)) as number;
  }

  async count(counter: string): Promise<number> {
    return (await this.#ask("count", counter)) as number;
  }

  async revoke(record: RevocationRecord): Promise<void> {
    await this.#ask("revoke", record);
  }

  async revoked(since?: string): Promise<RevocationPage> {
    return (await this.#ask("revoked", ...(since === undefined ? [] : [since]))) as RevocationPage;
  }

  async watch(tell: (record: RevocationRecord) => void, lost: (err: unknown) => void, signal: AbortSignal): Promise<void> {
    const socket = await this.#remote.call(async () => {
      const answer = await this.#stub().fetch(address, { headers: { upgrade: "websocket" } });
      if (!answer.webSocket) throw this.#remote.failed(`status ${answer.status} where a websocket is due`);
      return answer.webSocket;
    });
    durableWatch(this.#remote, socket, tell, lost, signal);
  }

  /** #ask has the object call its method of that name. */
  #ask(...call: unknown[]): Promise<unknown> {
    return this.#remote.call(async () => {
      const answer = await this.#stub().fetch(address, { method: "POST", body: JSON.stringify(call) });
      if (!answer.ok) throw this.#remote.failed(`status ${answer.status}`);
      return answer.json();
    });
  }
}
