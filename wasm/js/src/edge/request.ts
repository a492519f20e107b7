/** What a request names and brings, as far as HTTP is concerned. */

import { declaresMore, readBody } from "../body.js";
import type { Definition, Level, Release } from "../definition.js";
import { WsbindError } from "../error.js";
import { quote } from "../quote.js";
import { checkContentType } from "./media.js";

/** The bytes of a body that are read at most, unless the options say otherwise. */
export const MAX_BODY: number = 1 << 20;

/** Parameters that belong to HTTP and never to an operation. */
const httpParameters = ["_format", "_pretty", "_summary", "_elements"];

/** What a path below a FHIR base names, in so far as it names an operation. */
export interface Place {
  /** Without its dollar sign; "" where the path names none. */
  readonly operation: string;
  /** What stands before it: a type, and an id. */
  readonly before: readonly string[];
}

/**
 * The segments of a path below a FHIR base, decoded; undefined for a path that is
 * not below it. Where the host is called by another name is no concern of ours.
 */
export function segmentsBelow(url: string, base: string): readonly string[] | undefined {
  const { pathname } = new URL(url);
  const root = new URL(base).pathname.replace(/\/+$/, "");
  if (pathname !== root && !pathname.startsWith(`${root}/`)) return undefined;
  const segments = pathname.slice(root.length).replace(/\/$/, "").split("/").slice(1);
  try {
    return segments.map(decodeURIComponent);
  } catch {
    throw new WsbindError("malformed-request", "the path has a percent sign that escapes nothing");
  }
}

/** The place that segments name. */
export function placeOf(segments: readonly string[]): Place {
  const last = segments.at(-1) ?? "";
  return last.startsWith("$") ? { operation: last.slice(1), before: segments.slice(0, -1) } : { operation: "", before: segments };
}

/** What a call brings to its operation. */
export interface Call {
  /** Where the operation was invoked. */
  readonly level: Level;
  /** Of the Subscription, at the instance level. */
  readonly id: string | undefined;
  /** The query of a GET or HEAD, or the body of a POST. A body without a byte is a query without parameters. */
  readonly document: string | Uint8Array;
  readonly isQuery: boolean;
}

/** Reads what a request brings. */
export async function readCall(request: Request, where: Pick<Call, "level" | "id">, definition: Definition, { fhir, maxBody }: { fhir: Release; maxBody: number }): Promise<Call> {
  const query = ownQuery(request, definition);
  if (request.method !== "POST") return { ...where, document: query, isQuery: true };
  const body = await readWhole(request, maxBody);
  if (body.length === 0) return { ...where, document: "", isQuery: true };
  checkContentType(request, fhir);
  return { ...where, document: body, isQuery: false };
}

/**
 * The query without what belongs to HTTP and, where the client asks for lenient
 * handling, without what the operation does not know. A POST has its parameters in
 * the body: one in the query would be overlooked, and is refused.
 */
function ownQuery(request: Request, definition: Definition): string {
  const lenient = prefers(request, "handling", "lenient");
  const kept: string[] = [];
  for (const part of new URL(request.url).search.slice(1).split("&")) {
    const raw = part.split("=", 1)[0]!;
    const name = unescaped(raw);
    if (part === "" || httpParameters.includes(name ?? "") || (lenient && !takes(definition, name))) continue;
    if (request.method === "POST") {
      throw new WsbindError("invalid-query", `parameter ${quote(raw)} stands in the query of a POST: put it into a Parameters body`);
    }
    kept.push(part);
  }
  return kept.join("&");
}

function takes({ parameters }: Definition, name: string | undefined): boolean {
  return parameters.some((parameter) => parameter.use === "in" && parameter.name === name);
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

async function readWhole(request: Request, most: number): Promise<Uint8Array> {
  const tooLarge = (): WsbindError => new WsbindError("too-large", `the body is larger than the ${most} bytes that are read here`);
  if (!request.body) return new Uint8Array();
  if (declaresMore(request, most)) throw tooLarge();
  try {
    return await readBody(request, most, tooLarge);
  } catch (err) {
    if (err instanceof WsbindError) throw err;
    throw new WsbindError("malformed-request", "the body broke off before its end", { cause: err });
  }
}

/** Whether a request prefers something (RFC 7240), such as `handling=lenient`. */
function prefers({ headers }: Request, name: string, value: string): boolean {
  return (headers.get("Prefer") ?? "").split(/[,;]/).some((preference) => {
    const [key, given = ""] = preference.split("=", 2);
    return key!.trim().toLowerCase() === name && given.trim().replace(/^"|"$/g, "") === value;
  });
}
