// The server as a process: where it is, and how it ends and comes back.

import { WsbindError } from "../error.js";
import { show } from "../options.js";
import { Child, type End, type Launch } from "./child.js";
import { Management, reasonOf } from "./management.js";
import type { Settings } from "./settings.js";

/** Milliseconds within which the end of a process explains a connection that broke off. */
const EXPLAINS = 1000;

const ANY = "127.0.0.1:0";

/** What the first line says. */
export interface Announcement {
  readonly base: string;
  readonly local: string;
  readonly management: string;
  readonly fhir: Readonly<Record<string, string>>;
  readonly seed: number | undefined;
}

/** A server and its process; the process may be another one after a restart. */
export class Server extends Management {
  readonly #settings: Settings;
  #child: Child;
  #about: Announcement;

  private constructor(settings: Settings, child: Child) {
    super();
    this.#settings = settings;
    this.#child = child;
    this.#about = announcement(settings, child);
  }

  static async start(settings: Settings): Promise<Server> {
    const child = await Child.start(launch(settings, ANY, ANY));
    try {
      return new Server(settings, child);
    } catch (err) {
      await child.end("closed", 0);
      throw err;
    }
  }

  get about(): Announcement {
    return this.#about;
  }

  get management(): string {
    return this.#about.management;
  }

  /** What is under way breaks off with the process. */
  get letGo(): undefined {
    return undefined;
  }

  get log(): string {
    return this.#child.log;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last line that it printed. */
  get last(): string {
    return this.#child.last;
  }

  get ended(): boolean {
    return this.#child.wanted;
  }

  end(wanted: string, within: number): Promise<End> {
    return this.#child.end(wanted, within);
  }

  /** Starts it again where it was, with the same seed. */
  async restart(): Promise<void> {
    await this.end("killed", 0);
    const { local, management, seed } = this.#about;
    const seeded = seed === undefined ? [] : [`--seed=${seed}`];
    this.#child = await Child.start(launch(this.#settings, new URL(local).host, new URL(management).host, seeded));
    this.#about = announcement(this.#settings, this.#child);
  }

  async open(path: string, init: RequestInit): Promise<Response> {
    if (this.#child.over) throw this.#child.gone();
    return fetch(this.management + path, init);
  }

  /** The process may have ended. */
  async explain(what: string, err: unknown): Promise<WsbindError> {
    if (this.#child.wanted || (await this.#child.endsWithin(EXPLAINS))) return this.#child.gone();
    return new WsbindError("connection-failed", `${what} failed: ${reasonOf(err)}`, { cause: err });
  }
}

function launch({ binary, flags, timeout, signal, onLog }: Settings, listen: string, management: string, more: readonly string[] = []): Launch {
  // Ports of its own, so that runs may be parallel; flags behind them win.
  const args = ["serve", "--json", "--listen", listen, "--management", management, ...flags, ...more];
  return { binary, args, timeout, signal, onLog };
}

function announcement({ binary }: Settings, { first }: Child): Announcement {
  let about: Partial<Announcement> | null = null;
  try {
    about = JSON.parse(first) as Partial<Announcement> | null;
  } catch {
    // said below
  }
  const { base, management, fhir, local = base } = about ?? {};
  if (typeof base !== "string" || typeof management !== "string" || typeof fhir !== "object" || fhir === null || local === undefined) {
    throw new WsbindError("connection-failed", `${binary.path} serve --json printed ${show(first)}, where it says where it is: is it another program, or another version?`);
  }
  return { base, management, fhir, local, seed: about?.seed };
}
