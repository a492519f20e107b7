// The journal: read once, followed while things happen, waited for.

import { WsbindError } from "../error.js";
import { readOptions, refuse, show } from "../options.js";
import type { Entry, Query } from "./entry.js";
import { refusal, type Management } from "./management.js";
import { checkSeconds } from "./options.js";
import { whenAborted } from "./signal.js";
import { serverEvents } from "./sse.js";

/** How a journal is followed. */
export interface FollowOptions {
  /** Ends the iteration when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Is told how many entries, chosen or not, the server had dropped before they
   * could be read. Without it that is an error with the code `missed-events`: a
   * test must not pass because it saw nothing.
   */
  readonly onMissed?: ((missed: number) => void) | undefined;
}

/** How long an entry is waited for. */
export interface UntilOptions {
  /** Seconds by the wall's clock; default 10. */
  readonly timeout?: number | undefined;
  /** Ends the wait, with the code `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

const UNTIL = 10;

/** How many entries the error of a wait in vain shows. */
const SHOWN = 5;

/** Connections in a row that may bring nothing, and the pause before the n-th, in milliseconds. */
const TRIES = 5;
const pauseBefore = (n: number): number => 10 * 2 ** n;

const members = ["after", "limit", "kind", "fhir", "caller", "subscription", "socket", "type", "interaction", "fault", "bad"] as const;

/** What happened between clients and the server: iterate over it to see what happens. */
export class Journal implements AsyncIterable<Entry> {
  readonly #server: Management;
  readonly #path: string;
  /** Aborted and replaced when the tenant starts anew, and numbers with it. */
  #age = new AbortController();

  /** @internal */
  constructor(server: Management, root: string) {
    this.#server = server;
    this.#path = `${root}/journal`;
  }

  /** Returns the entries that there are, oldest first. The server keeps the latest 20,000. */
  async entries(query: Query = {}): Promise<Entry[]> {
    const { entries } = (await this.#server.call("GET", this.#path + search(query))) as { entries: Entry[] };
    return entries;
  }

  /** Returns the number of the latest entry, 0 where there is none: what `after` takes. */
  async last(): Promise<number> {
    const { last } = (await this.#server.call("GET", `${this.#path}?limit=1`)) as { last: number };
    return last;
  }

  /**
   * Yields what `entries` would return, and then every entry as it is added. A
   * connection that breaks off is made again where it was. The iteration ends with
   * the signal, with the loop that is left, and when the server is closed or killed.
   */
  async *follow(query: Query = {}, given: FollowOptions = {}): AsyncGenerator<Entry, void> {
    const { signal, onMissed } = readOptions("follow", given, ["signal", "onMissed"]);
    let [age, asked, id, vain] = [this.#age, search(query), "", 0];
    while (!signal?.aborted) {
      const stop = new AbortController();
      const ignore = [signal, age.signal, this.#server.letGo].map((one) => whenAborted(one, () => stop.abort()));
      try {
        if (id !== "" && (await this.#anew(id, stop.signal))) id = "";
        for await (const event of serverEvents(await this.#open(asked, id, stop.signal))) {
          [id, vain] = [event.id, 0];
          if (event.event === "entry") yield JSON.parse(event.data) as Entry;
          if (event.event === "missed") tell((JSON.parse(event.data) as { missed: number }).missed, onMissed);
        }
        throw new Error("the server ended the stream");
      } catch (err) {
        if (signal?.aborted || this.#server.ended) return;
        if (err instanceof WsbindError) throw err;
        if (!age.signal.aborted) await this.#again(err, ++vain, stop.signal);
      } finally {
        stop.abort();
        for (const one of ignore) one();
      }
      if (age.signal.aborted) [age, asked, id] = [this.#age, search({ ...query, after: undefined }), ""];
      else if (id !== "") asked = search({ ...query, after: undefined, limit: undefined });
    }
  }

  /** Follows all of it. */
  [Symbol.asyncIterator](): AsyncGenerator<Entry, void> {
    return this.follow();
  }

  /**
   * Waits for an entry that fits a query, or for which a function returns true, and
   * returns the first: also one that is there already. An error with the code
   * `timeout` shows the latest entries instead.
   *
   * ```js
   * await mock.journal.until({ kind: "received", type: "bind" })
   * await mock.journal.until(({ events }) => events?.includes(3), { timeout: 2 })
   * ```
   */
  async until(wanted: Query | ((entry: Entry) => boolean), given: UntilOptions = {}): Promise<Entry> {
    const { timeout = UNTIL, signal } = readOptions("until", given, ["timeout", "signal"]);
    checkSeconds("timeout", timeout);
    const [query, fits] = typeof wanted === "function" ? [{}, wanted] : [wanted, () => true];
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeout * 1000);
    const ignore = whenAborted(signal, () => stop.abort());
    try {
      for await (const entry of this.follow(query, { signal: stop.signal, onMissed: () => {} })) if (fits(entry)) return entry;
    } finally {
      clearTimeout(timer);
      ignore();
    }
    if (signal?.aborted) throw new WsbindError("aborted", "until: the signal was aborted before the entry came");
    throw await this.#vain(timeout);
  }

  /** @internal The tenant starts anew: whoever follows begins at the first entry. */
  renew(): void {
    const old = this.#age;
    this.#age = new AbortController();
    old.abort();
  }

  /** Tells whether entries are numbered anew since one was read: others may reset the tenant, or start the server again. */
  async #anew(id: string, signal: AbortSignal): Promise<boolean> {
    const response = await this.#server.open(`${this.#path}?limit=1`, { signal });
    const { last = Infinity } = (await response.json()) as { last?: number };
    return last < Number(id);
  }

  async #open(asked: string, id: string, signal: AbortSignal): Promise<Response> {
    const headers = new Headers({ Accept: "text/event-stream" });
    if (id !== "") headers.set("Last-Event-ID", id);
    const response = await this.#server.open(this.#path + asked, { headers, signal });
    if (!response.ok) throw refusal(`GET ${this.#path}`, response.status, await response.text());
    return response;
  }

  /** Waits before a connection is made again, or throws where that was done often enough. */
  async #again(err: unknown, vain: number, signal: AbortSignal): Promise<void> {
    if (vain > TRIES) throw await this.#server.explain(`following ${this.#path}`, err);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseBefore(vain));
      whenAborted(signal, () => (clearTimeout(timer), resolve()));
    });
  }

  /** The error of a wait that was in vain. What a closed server is asked fails with that. */
  async #vain(timeout: number): Promise<WsbindError> {
    const latest = await this.entries({ limit: SHOWN });
    const shown = latest.length === 0 ? "the journal is empty" : `the latest entries:\n${latest.map(describe).join("\n")}`;
    return new WsbindError("timeout", `until: no entry that fits came within ${timeout} s; ${shown}`);
  }
}

function tell(missed: number, onMissed: ((missed: number) => void) | undefined): void {
  if (!onMissed) throw new WsbindError("missed-events", `follow: the server dropped ${missed} entries before they were read: read faster, choose fewer by a query, or give onMissed`);
  onMissed(missed);
}

/** describe writes an entry in a line, without what is long. */
function describe({ n, time, real: _, text: __, ...rest }: Entry): string {
  return `  ${n} ${time} ${Object.entries(rest).map(([name, value]) => (name === "kind" ? value : `${name}=${Array.isArray(value) ? value.join(",") : value}`)).join(" ")}`;
}

/** search writes a query behind a path. */
function search(query: Query): string {
  const chosen = new URLSearchParams();
  for (const [name, value] of Object.entries(readOptions("journal", query, members))) {
    if (value === undefined || value === false) continue;
    if (!["string", "number", "boolean"].includes(typeof value)) refuse(`journal: ${name} is ${show(value)}, a text or a number is due`);
    chosen.set(name, String(value));
  }
  return chosen.size === 0 ? "" : `?${chosen}`;
}
