/** Answers: resources, and OperationOutcomes for whatever went wrong. */

import { codes } from "../codes.js";
import { WsbindError } from "../error.js";
import { shorten } from "../client/failure.js";
import type { Issue } from "../issue.js";
import { why } from "../options.js";
import { issuesToOperationOutcome, type OperationOutcome } from "../outcome.js";
import { mediaTypeOf } from "./media.js";

/** Answers a request. It never rejects: what goes wrong is answered by an OperationOutcome. */
export type Endpoint = (request: Request) => Promise<Response>;

/** The seconds in Retry-After where nobody knows better. */
const retryAfter = "5";

/** What else is to be answered to an error. */
interface Extras {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly outcome?: OperationOutcome | undefined;
}

const extras = new WeakMap<WsbindError, Extras>();

/** Gives an error headers for its answer, such as the Retry-After of who is behind this. */
export function withHeaders(err: WsbindError, headers: Readonly<Record<string, string>>): WsbindError {
  extras.set(err, { ...extras.get(err), headers });
  return err;
}

/** The error of a document with issues. A query has no lines to find them in. */
export function invalid(issues: readonly Issue[], isQuery: boolean): WsbindError {
  const first = issues.find(({ severity }) => severity === "fatal" || severity === "error")!;
  const err = new WsbindError(first.code, first.diagnostics, { expression: first.expression[0], issues });
  const outcome = issuesToOperationOutcome(issues);
  if (isQuery) for (const issue of outcome.issue) delete issue.extension;
  extras.set(err, { outcome });
  return err;
}

/** The same error without its expression, where no parameter is to blame. */
export function withoutExpression(err: WsbindError): WsbindError {
  if (err.expression === undefined) return err;
  const same = new WsbindError(err.code, err.message, { cause: err.cause });
  extras.set(same, extras.get(err) ?? {});
  return same;
}

/** Answers with what work resolves to, or with what it throws; failed is told of that. */
export async function answered(request: Request, work: () => Promise<Response>, failed: (err: WsbindError, status: number) => void): Promise<Response> {
  try {
    return await work();
  } catch (thrown) {
    const err = asError(thrown);
    const response = refusal(request, err);
    failed(err, response.status);
    return response;
  }
}

/** Reads an error out of whatever was thrown: what is none of ours, or blames the configuration, is internal. */
function asError(thrown: unknown): WsbindError {
  if (thrown instanceof WsbindError && thrown.code !== "invalid-option" && thrown.code !== "invalid-call") return thrown;
  return new WsbindError("internal", codes.internal.meaning, { cause: thrown });
}

/** What an operator is told of an error. A credential that another party's error quotes is left out. */
export function detailOf(err: WsbindError, { headers }: Request): string {
  const detail = [err, ...causesOf(err)].map(why).join(": ");
  const credential = headers.get("Authorization")?.replace(/^\S+\s+/, "").trim();
  return shorten(credential ? detail.replaceAll(credential, "…") : detail);
}

/** The errors that led to one, as far as three: those of fetch tell why in their cause. */
function causesOf(err: Error): unknown[] {
  const causes: unknown[] = [];
  for (let cause = err.cause; cause !== undefined && causes.length < 3; cause = cause instanceof Error ? cause.cause : undefined) causes.push(cause);
  return causes;
}

/** Answers with a resource, in the media type that the request asks for. */
export function resource(request: Request, status: number, body: string, more: Readonly<Record<string, string>> = {}): Response {
  const pretty = new URL(request.url).searchParams.get("_pretty") === "true";
  const text = pretty ? JSON.stringify(JSON.parse(body), null, 2) + "\n" : body;
  return new Response(request.method === "HEAD" ? null : text, { status, headers: headersFor(request, more) });
}

/** Answers a HEAD whose body was never made. */
export function head(request: Request): Response {
  return new Response(null, { status: 200, headers: headersFor(request, {}) });
}

function headersFor(request: Request, more: Readonly<Record<string, string>>): Record<string, string> {
  return {
    "Content-Type": `${mediaTypeOf(request)}; charset=utf-8`,
    "Cache-Control": "no-store",
    Vary: "Accept, Authorization",
    ...more,
  };
}

/** Answers with the status of an error, and an OperationOutcome that tells it. */
function refusal(request: Request, err: WsbindError): Response {
  const { headers, outcome } = extras.get(err) ?? {};
  const status = statusOf(err);
  return resource(request, status, JSON.stringify(outcome ?? outcomeOf(err, status)), { ...defaults(status), ...headers });
}

function statusOf({ code }: WsbindError): number {
  const { httpStatus } = codes[code];
  return httpStatus >= 400 && httpStatus < 600 ? httpStatus : 500;
}

function defaults(status: number): Record<string, string> {
  if (status === 401) return { "WWW-Authenticate": "Bearer" };
  return status === 429 || status === 503 ? { "Retry-After": retryAfter } : {};
}

/** The details of a failure in here are for the operator alone. */
function outcomeOf({ code, message, expression }: WsbindError, status: number): OperationOutcome {
  const { type, meaning } = codes[code];
  return {
    resourceType: "OperationOutcome",
    issue: [{
      severity: "error",
      code: type,
      details: { coding: [{ system: "urn:wsbind:code", code }] },
      diagnostics: status === 500 ? meaning : message,
      ...(expression !== undefined && { expression: [expression] }),
    }],
  };
}
