// The management interface of a server, as its tenants see it.

import { readBody } from "../body.js";
import { codes, type Code } from "../codes.js";
import { WsbindError } from "../error.js";
import type { Issue } from "../issue.js";
import { show, why } from "../options.js";
import { whenAborted } from "./signal.js";

/** Seconds that an answer may take, and bytes that it may have. */
const ANSWER = 30;
const BYTES = 256 << 20;

/** What can be asked: a process of the test's own, or a server that was found running. */
export abstract class Management {
  readonly #timeout: number;

  /** An answer may take so many seconds. */
  constructor(timeout: number = ANSWER) {
    this.#timeout = timeout;
  }

  /** Where it is, an origin. */
  abstract get management(): string;

  /** Whether it was ended on purpose: it is no use to ask it anything any more. */
  abstract get ended(): boolean;

  /** Aborted when whatever is under way must end. */
  abstract get letGo(): AbortSignal | undefined;

  /** Makes a request and returns the answer as soon as it begins. What it throws besides is for explain. */
  abstract open(path: string, init: RequestInit): Promise<Response>;

  /** Says why an exchange broke off. */
  abstract explain(what: string, err: unknown): Promise<WsbindError>;

  /** Makes a request and returns its answer, parsed. */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const what = `${method} ${path}`;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), this.#timeout * 1000);
    const ignore = whenAborted(this.letGo, () => stop.abort());
    try {
      const response = await this.open(path, request(method, body, stop.signal));
      const text = new TextDecoder().decode(await readBody(response, BYTES, () => new WsbindError("too-large", `the answer to ${what} has more than ${BYTES} bytes`)));
      if (!response.ok) throw refusal(what, response.status, text);
      return text === "" ? undefined : parse(what, text);
    } catch (err) {
      if (err instanceof WsbindError) throw err;
      if (stop.signal.aborted && !this.ended) throw new WsbindError("timeout", `${what} was not answered within ${this.#timeout} s`);
      throw await this.explain(what, err);
    } finally {
      clearTimeout(timer);
      ignore();
    }
  }
}

function request(method: string, body: unknown, signal: AbortSignal): RequestInit {
  if (method === "GET" || method === "DELETE") return { method, signal };
  return { method, signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) };
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

/** reasonOf returns what a failed exchange says: `fetch` tells it in the cause, and some only by a code. */
export function reasonOf(err: unknown): string {
  const cause: unknown = err instanceof Error && err.cause instanceof Error ? err.cause : err;
  return why(cause) || (cause instanceof Error && "code" in cause ? String(cause.code) : "it does not say why");
}

function parse(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (err) {
    throw new WsbindError("invalid-json", `the answer to ${what} is not JSON: ${why(err)}`, { cause: err });
  }
}
