// The server as whoever talks to it sees it: where it is, its management
// interface, and how it ends and comes back.

import { readBody } from "../body.js";
import { codes, type Code } from "../codes.js";
import { WsbindError } from "../error.js";
import type { Issue } from "../issue.js";
import { show, why } from "../options.js";
import { Child, type End, type Launch } from "./child.js";
import type { Settings } from "./options.js";

/** Seconds that an answer may take, and bytes that it may have. */
const ANSWER = 30;
const BYTES = 256 << 20;

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
export class Server {
  readonly #settings: Settings;
  #child: Child;
  #about: Announcement;

  private constructor(settings: Settings, child: Child) {
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

  /** Whether it was ended on purpose. */
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

  /** Makes a request to the management interface and returns its answer, parsed. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const what = `${method} ${path}`;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER * 1000);
    const init: RequestInit = { method, signal: stop.signal };
    if (method !== "GET" && method !== "DELETE") {
      init.headers = { "Content-Type": "application/json" };
      init.body = JSON.stringify(body ?? {});
    }
    try {
      const response = await this.open(path, init);
      const text = new TextDecoder().decode(await readBody(response, BYTES, () => new WsbindError("too-large", `the answer to ${what} has more than ${BYTES} bytes`)));
      if (!response.ok) throw refusal(what, response.status, text);
      return text === "" ? undefined : parse(what, text);
    } catch (err) {
      if (err instanceof WsbindError) throw err;
      if (stop.signal.aborted) throw new WsbindError("timeout", `${what} was not answered within ${ANSWER} s`);
      throw await this.explain(what, err);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Makes a request and returns the answer as soon as it begins. What it throws besides is for explain. */
  async open(path: string, init: RequestInit): Promise<Response> {
    if (this.#child.over) throw this.#child.gone();
    return fetch(this.#about.management + path, init);
  }

  /** Says why an exchange broke off: the process may have ended. */
  async explain(what: string, err: unknown): Promise<WsbindError> {
    if (this.#child.wanted || (await this.#child.endsWithin(EXPLAINS))) return this.#child.gone();
    const cause = err instanceof Error && err.cause instanceof Error ? err.cause : err;
    return new WsbindError("connection-failed", `${what} failed: ${why(cause)}`, { cause: err });
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

/** refusal reads what the management interface says is wrong. */
export function refusal(what: string, status: number, text: string): WsbindError {
  let issues: readonly Issue[] = [];
  try {
    issues = (JSON.parse(text) as { issues?: readonly Issue[] }).issues ?? [];
  } catch {
    // it is not the interface that answers; the text is shown
  }
  const [issue] = issues;
  if (!issue) return new WsbindError(status === 404 ? "not-found" : "malformed-request", `${what} was answered ${status}: ${show(text)}`);
  const code: Code = Object.hasOwn(codes, issue.code) ? issue.code : "internal";
  return new WsbindError(code, `${what}: ${issue.diagnostics}`, { expression: issue.expression?.[0], issues });
}

function parse(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (err) {
    throw new WsbindError("invalid-json", `the answer to ${what} is not JSON: ${why(err)}`, { cause: err });
  }
}
