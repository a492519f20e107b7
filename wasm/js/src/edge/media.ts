/** Media types: what a request asks for, and what it brings. */

import type { Release } from "../definition.js";
import { WsbindError } from "../error.js";
import { quote } from "../quote.js";

/** What resources are answered in, best first. */
export const offers = ["application/fhir+json", "application/json", "text/json"] as const;

/** How a media type names each release, in its parameter fhirVersion. */
const versions: Readonly<Record<Release, string>> = { R4: "4.0", R4B: "4.3", R5: "5.0" };

interface MediaType {
  readonly name: string;
  readonly params: ReadonlyMap<string, string>;
}

/**
 * The media type that a request asks for: by `_format`, which overrides Accept, or by
 * Accept with its weights. Throws `not-acceptable`; without a release every
 * fhirVersion will do.
 */
export function negotiate(request: Request, release?: Release): string {
  const format = new URL(request.url).searchParams.get("_format")?.replaceAll(" ", "+"); // an unescaped plus sign
  if (format) return byFormat(format, release);
  const accept = request.headers.get("Accept") ?? "";
  if (accept.trim() === "") return offers[0];
  let best = "";
  let bestWeight = 0;
  for (const offer of offers) {
    const weight = weightOf(accept, offer, release);
    if (weight > bestWeight) [best, bestWeight] = [offer, weight];
  }
  if (best !== "") return best;
  throw new WsbindError("not-acceptable", `Accept is ${quote(accept)}, here answers are in ${offers[0]} only${hint(release)}`);
}

/** negotiate for who has to answer in any case. */
export function mediaTypeOf(request: Request): string {
  try {
    return negotiate(request);
  } catch {
    return offers[0];
  }
}

/** Refuses a body that is not declared as JSON in UTF-8 of the release. */
export function checkContentType({ headers }: Request, release: Release): void {
  const declared = headers.get("Content-Type") ?? "";
  const type = parse(declared);
  const charset = type?.params.get("charset");
  const coding = headers.get("Content-Encoding");
  if (declared === "") unsupported(`the request has no Content-Type: send ${offers[0]}`);
  if (type === undefined || !isOffer(type.name)) unsupported(`Content-Type is ${quote(declared)}, ${offers[0]} is due`);
  if (charset !== undefined && charset.toLowerCase() !== "utf-8") unsupported(`charset is ${quote(charset)}, FHIR's JSON is always UTF-8`);
  if (!speaks(type, release)) unsupported(`fhirVersion is ${quote(type.params.get("fhirversion") ?? "")}, this base speaks ${versions[release]}`);
  if (coding && coding.toLowerCase() !== "identity") unsupported(`Content-Encoding is ${quote(coding)}, bodies are read as they are only`);
}

function unsupported(message: string): never {
  throw new WsbindError("unsupported-media-type", message);
}

function byFormat(format: string, release: Release | undefined): string {
  const type = parse(format);
  if (type !== undefined && speaks(type, release)) {
    if (type.name === "json") return offers[0];
    if (isOffer(type.name)) return type.name;
  }
  throw new WsbindError("not-acceptable", `_format is ${quote(format)}, here answers are in json only${hint(release)}`);
}

function hint(release: Release | undefined): string {
  return release === undefined ? "" : `, with fhirVersion ${versions[release]}`;
}

function isOffer(name: string): boolean {
  return (offers as readonly string[]).includes(name);
}

/** The weight of a media type by an Accept header: that of the most specific range it falls in (RFC 9110, 12.5.1). */
function weightOf(accept: string, offer: string, release: Release | undefined): number {
  const ranges = ["*/*", `${offer.slice(0, offer.indexOf("/"))}/*`, offer];
  let specific = -1;
  let weight = 0;
  for (const item of accept.split(",")) {
    const type = parse(item);
    const rank = type === undefined ? -1 : ranges.indexOf(type.name);
    if (rank <= specific || !speaks(type!, release)) continue;
    [specific, weight] = [rank, quality(type!)];
  }
  return weight;
}

/** 1 where there is no weight, 0 where it cannot be read. */
function quality({ params }: MediaType): number {
  const q = params.get("q");
  if (q === undefined) return 1;
  return /^(0(\.\d*)?|1(\.0*)?|\.\d+)$/.test(q) ? Number(q) : 0;
}

function speaks({ params }: MediaType, release: Release | undefined): boolean {
  const version = params.get("fhirversion");
  if (version === undefined || release === undefined) return true;
  const due = versions[release];
  return version === release || version === due || version.startsWith(`${due}.`);
}

/** One parameter, such as `; charset="utf-8"`. */
const parameter = /\s*;\s*(?:([!#$%&'*+\-.^_`|~\w]+)=([!#$%&'*+\-.^_`|~\w]+|"(?:[^"\\]|\\.)*"))?/y;

function parse(text: string): MediaType | undefined {
  const name = /^\s*([!#$%&'*+\-.^_`|~\w]+(?:\/[!#$%&'*+\-.^_`|~\w]+)?)\s*(?=;|$)/.exec(text);
  if (name === null) return undefined;
  const params = new Map<string, string>();
  parameter.lastIndex = name[0].length;
  for (let at = name[0].length; at < text.length; at = parameter.lastIndex) {
    const found = parameter.exec(text);
    if (found === null) return text.slice(at).trim() === "" ? { name: name[1]!.toLowerCase(), params } : undefined;
    const [, key, value] = found;
    if (key !== undefined) params.set(key.toLowerCase(), value!.startsWith('"') ? value!.slice(1, -1).replace(/\\(.)/g, "$1") : value!);
  }
  return { name: name[1]!.toLowerCase(), params };
}
