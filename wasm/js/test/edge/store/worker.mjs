// A Worker with the object of a store, and a store used within workerd.

import { durableObjectStore, GateStoreObject } from "./stores.mjs";

/** The object, with a clock that a test sets ahead, and nothing hidden. */
export class Store extends GateStoreObject {
  #ahead = 0;
  #storage;

  constructor(state, env) {
    super(state, env);
    this.#storage = state.storage;
  }

  now() {
    return super.now() + this.#ahead;
  }

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/keys") return Response.json([...(await this.#storage.list()).keys()].filter((key) => !key.startsWith("key:within")));
    if (pathname !== "/ahead") return super.fetch(request);
    this.#ahead += Number(searchParams.get("seconds"));
    await this.alarm();
    return new Response();
  }
}

// One for all requests, as an isolate has it.
let store;

export default {
  async fetch(request, env) {
    const stub = () => env.GATE_STORE.get(env.GATE_STORE.idFromName("gate"));
    if (new URL(request.url).pathname !== "/within") return stub().fetch(request);
    store ??= durableObjectStore(stub);
    return Response.json(await within(store));
  },
};

/** Counts, lets a hundred put at once, and revokes what it hears of itself. */
async function within(store) {
  const number = await store.increment("within");
  const puts = await Promise.all(Array.from({ length: 100 }, () => store.putIfAbsent(`within ${number}`, "x", Date.now() / 1000 + 60)));
  const controller = new AbortController();
  const told = [];
  await new Promise((resolve, reject) => {
    const hear = (record) => resolve(told.push(record));
    store.watch(hear, reject, controller.signal).then(() => store.revoke({ revocation: { jti: "within" }, at: number })).catch(reject);
  });
  controller.abort();
  return { puts: puts.filter(Boolean).length, number, told };
}
