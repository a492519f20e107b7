/**
 * What changed behind a ping. The server says no more than that something did, so
 * the Subscription's own criteria are searched for what is newer than before.
 *
 * No clock is needed, and none is compared with the server's: what counts is the
 * newest `meta.lastUpdated` that was seen. What is there when the feed binds is seen
 * without being told, and all that is newer is an event. A deletion is not found.
 */

import { asFailure, refused } from "../../client/failure.js";
import { WsbindError } from "../../error.js";
import type { FhirServer } from "./fhir.js";
import { readPage, type Found } from "./searchset.js";
import type { Sink } from "./tap.js";

/** Resources of a page, and pages of a search. What is beyond them is searched for anew. */
const largestPage = 100;
const maxPages = 100;

/** Versions that are remembered: more than one search finds. */
const maxSeen = 2 * largestPage * maxPages;

/**
 * How far back a search goes, in milliseconds, behind the newest that was seen: of two
 * transactions that which is stamped first may be the last to be seen.
 */
const overlap = 5_000;

/** Whether criteria are a search: `Type`, or `Type?query`. */
export function isFetchable(criteria: string): boolean {
  return /^[A-Z][A-Za-z]*(\?[^#\s]*)?$/.test(criteria);
}

/** The changes that one Subscription's criteria find. */
export class Changes {
  readonly criteria: string;
  #id: string;
  #sink: Sink;
  #server: FhirServer;
  #signal: AbortSignal;
  #stopped = false;
  /** Versions that were seen, the oldest first, with the time of their change. */
  #seen = new Map<string, number>();
  /** The newest of them; -Infinity if none was. */
  #newest = -Infinity;
  /** Resources of a page. */
  #size = largestPage;
  /** What is older than this is given up. */
  #floor = -Infinity;
  #running = false;
  #again = false;

  constructor(id: string, criteria: string, sink: Sink, server: FhirServer, signal: AbortSignal) {
    this.criteria = criteria;
    this.#id = id;
    this.#sink = sink;
    this.#server = server;
    this.#signal = signal;
  }

  /** Notes what is there already. Rejects with a Failure. */
  async begin(): Promise<void> {
    for (let begun = false; !begun; ) begun = await this.#fitting(() => this.#noteAll());
  }

  async #noteAll(): Promise<void> {
    for await (const found of this.#pages("_sort=-_lastUpdated")) {
      for (const change of found) this.#note(change);
      const oldest = Math.min(...found.map(({ updated }) => updated));
      if (!(oldest >= this.#since)) return;
    }
  }

  /** Does something with pages. Returns false where a page was too large: the next are half as long. */
  async #fitting(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (err) {
      const { cause } = asFailure(err).reason;
      if (!(cause instanceof WsbindError) || cause.code !== "too-large" || this.#size === 1) throw err;
      this.#size = Math.floor(this.#size / 2);
      return false;
    }
  }

  /** Looks for changes, once more if a search is under way. Where nothing is new after a ping the operator is told. */
  look({ pinged = false }: { readonly pinged?: boolean } = {}): void {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    void this.#run(pinged).finally(() => { this.#running = false; });
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(pinged: boolean): Promise<void> {
    let events = 0;
    try {
      while (this.#again && !this.#over) {
        this.#again = false;
        const fits = await this.#fitting(async () => { await this.#search(() => events++); });
        this.#again ||= !fits;
      }
    } catch (err) {
      // The server may be on its way down: what was missed is looked for when it is back.
      if (!this.#over) this.#sink.lost(asFailure(err));
      return;
    }
    if (events === 0 && pinged && !this.#over) {
      this.#server.config.observe({ event: "fetch-empty", subscriptions: [this.#id], detail: "a ping came, and nothing new was found" });
    }
  }

  /** Tells of what is new. */
  async #search(count: () => void): Promise<void> {
    const since = Number.isFinite(this.#since) ? `_lastUpdated=ge${encodeURIComponent(new Date(this.#since).toISOString())}&` : "";
    let events = 0;
    let pages = 0;
    for await (const found of this.#pages(`${since}_sort=_lastUpdated`)) {
      pages++;
      for (const change of found) {
        if (!this.#note(change)) continue;
        events++;
        count();
        await this.#sink.event({ from: "resource", text: change.text });
      }
    }
    if (pages === maxPages) this.#goOn(events);
  }

  /** After as many pages as are read at a time: there may be more. If all were known, nothing leads to what is behind them. */
  #goOn(events: number): void {
    const floor = this.#newest + 1;
    this.#again ||= events > 0 || floor > this.#floor;
    if (events > 0) return;
    this.#floor = floor;
    this.#server.config.observe({ event: "fetch-empty", subscriptions: [this.#id], detail: `too much changed within ${overlap / 1000} s: some of it is missed` });
  }

  get #over(): boolean {
    return this.#stopped || this.#signal.aborted;
  }

  /** From when on is searched. */
  get #since(): number {
    return Math.max(this.#newest - overlap, this.#floor);
  }

  /** Notes a version. Returns whether it is new. */
  #note({ version, updated }: Found): boolean {
    if (updated > this.#newest) this.#newest = updated;
    if (this.#seen.has(version)) return false;
    this.#seen.set(version, updated);
    for (const [oldest] of this.#seen) {
      if (this.#seen.size <= maxSeen) break;
      this.#seen.delete(oldest);
    }
    return true;
  }

  /** What a search finds, page by page. */
  async *#pages(query: string): AsyncGenerator<readonly Found[], void> {
    const { base } = this.#server.config;
    const type = this.criteria.split("?", 1)[0]!;
    let path: string | undefined = `/${this.criteria}${this.criteria.includes("?") ? "&" : "?"}${query}&_count=${this.#size}`;
    for (let page = 0; path !== undefined && page < maxPages && !this.#over; page++) {
      const read = readPage(await this.#server.get("the search for what changed", path, this.#signal));
      if (!read) throw refused("upstream-refused", "the search for what changed was not answered by a Bundle");
      yield read.found.filter((found) => found.type === type);
      path = behind(base, read.next);
    }
  }
}

/** What follows the base in a URL: the credential goes nowhere else. */
function behind(base: string, url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url, `${base}/`)) return undefined;
  const { href } = new URL(url, `${base}/`);
  return href.startsWith(`${base}/`) || href.startsWith(`${base}?`) ? href.slice(base.length) : undefined;
}
