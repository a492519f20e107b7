// A link that carries the whole work: deflated, in base64url, behind the fragment,
// which no browser sends to a server.

import { WsbindError } from "wsbind";
import { fromBase64url, toBase64url } from "../base64url.ts";
import { releases } from "../fhir-base.ts";
import { kinds, levels, type Work } from "./work.ts";

/** The longest link that is made: beyond, mail programs and chats cut it off. */
export const LINK_LIMIT = 30_000;

/** What a link may unpack to at most: one that swells up is no document. */
const UNPACKED_LIMIT = 16_777_216;

/** The form of the text in a link. */
const VERSION = 1;

/** Packs the work for a link. */
export async function pack(work: Work): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify({ ...work, version: VERSION }));
  return toBase64url(await through(text, new CompressionStream("deflate-raw"), Infinity));
}

/** Unpacks what a link carries. It throws a WsbindError where the link is broken. */
export async function unpack(packed: string): Promise<Work> {
  // What is inflated is bounded by what is packed, too: a stream inflates a whole piece before anybody looks at it.
  if (packed.length > LINK_LIMIT) throw broken("it is longer than any that this page makes");
  let read: unknown;
  try {
    const bytes = await through(fromBase64url(packed), new DecompressionStream("deflate-raw"), UNPACKED_LIMIT);
    read = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (err) {
    throw broken("it was cut off or changed on its way", err);
  }
  return checked(read as Partial<Work> & { version?: unknown });
}

function checked(read: (Partial<Work> & { readonly version?: unknown }) | null): Work {
  if (typeof read !== "object" || read === null) throw broken("it carries no document");
  if (read.version !== VERSION) throw broken("it was made by another version of this page");
  const { kind, fhir, level, query, operation, definition, document } = read;
  const known = kinds.includes(kind!) && releases.includes(fhir!) && (levels as readonly unknown[]).includes(level) && typeof query === "boolean";
  const texts = typeof operation === "string" && typeof definition === "string" && typeof document === "string";
  if (!known || !texts) throw broken("a part of it is missing");
  return { kind: kind!, fhir: fhir!, level: level!, query, operation, definition, document };
}

function broken(why: string, cause?: unknown): WsbindError {
  return new WsbindError("invalid-option", `the link cannot be read: ${why}`, { cause });
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = (new Blob([bytes]).stream().pipeThrough(stream) as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
    length += value.length;
    if (length > limit) {
      reader.cancel().catch(() => {}); // of its end nobody wants to know
      throw new RangeError(`more than ${limit} bytes`);
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
