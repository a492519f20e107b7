/**
 * A page of a search. Resources are cut out as they are written: what JSON.parse
 * reads and JSON.stringify writes again is another document, where 1.50 is 1.5.
 */

import { member } from "../../client/complaint.js";

/** A resource of a page. */
export interface Found {
  readonly type: string;
  /** Type, id and version: what no other change has. */
  readonly version: string;
  /** When it was changed, in milliseconds since 1970; NaN if it does not say. */
  readonly updated: number;
  /** As it is written. */
  readonly text: string;
}

/** A page. */
export interface Page {
  /** What matches, in the page's order. */
  readonly found: readonly Found[];
  /** Where the next page is, if there is one. */
  readonly next: string | undefined;
}

/** Reads a searchset Bundle; null if it is none. */
export function readPage(text: string): Page | null {
  let bundle: unknown;
  try {
    bundle = JSON.parse(text);
  } catch {
    return null;
  }
  if (member(bundle, "resourceType") !== "Bundle") return null;
  const entries = list(member(bundle, "entry"));
  const texts = entryTexts(text);
  const found = entries.flatMap((entry, i) => {
    const mode = member(member(entry, "search"), "mode") ?? "match";
    return mode === "match" ? read(member(entry, "resource"), texts[i]) : [];
  });
  const next = list(member(bundle, "link")).find((link) => member(link, "relation") === "next");
  const url = member(next, "url");
  return { found, next: typeof url === "string" ? url : undefined };
}

function read(resource: unknown, text: string | undefined): Found[] {
  const [type, id] = [member(resource, "resourceType"), member(resource, "id")];
  if (typeof type !== "string" || typeof id !== "string" || text === undefined) return [];
  const [version, updated] = [member(member(resource, "meta"), "versionId"), member(member(resource, "meta"), "lastUpdated")];
  return [{ type, version: `${type}/${id}/${version ?? updated ?? ""}`, updated: typeof updated === "string" ? Date.parse(updated) : NaN, text }];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text of each entry's resource, in a text that JSON.parse has read. */
function entryTexts(text: string): (string | undefined)[] {
  const entry = members(text, start(text, 0)).get("entry");
  if (entry === undefined || text[entry] !== "[") return [];
  return elements(text, entry).map((at) => {
    const resource = text[at] === "{" ? members(text, at).get("resource") : undefined;
    return resource === undefined ? undefined : text.slice(resource, end(text, resource));
  });
}

/** Where the values of an object begin, by their names; of two with one name it is the last, as for JSON.parse. */
function members(text: string, object: number): Map<string, number> {
  const found = new Map<string, number>();
  let at = start(text, object + 1);
  while (text[at] === '"') {
    const after = end(text, at);
    const value = start(text, start(text, after) + 1); // behind the colon
    found.set(JSON.parse(text.slice(at, after)) as string, value);
    at = next(text, value);
  }
  return found;
}

/** Where the elements of an array begin. */
function elements(text: string, array: number): number[] {
  const found: number[] = [];
  for (let at = start(text, array + 1); text[at] !== "]"; at = next(text, at)) found.push(at);
  return found;
}

/** Where what follows a value begins: behind a comma, or the closing bracket. */
function next(text: string, value: number): number {
  const at = start(text, end(text, value));
  return text[at] === "," ? start(text, at + 1) : at;
}

/** Where something begins, behind white space. */
function start(text: string, at: number): number {
  const space = /[^ \t\r\n]/g;
  space.lastIndex = at;
  return space.exec(text)?.index ?? text.length;
}

/** Where a value ends. */
function end(text: string, at: number): number {
  if (text[at] === '"') return endOfString(text, at);
  if (text[at] !== "{" && text[at] !== "[") {
    const scalar = /[^,\]}\s]+/g;
    scalar.lastIndex = at;
    return scalar.exec(text) ? scalar.lastIndex : text.length;
  }
  const marks = /["{}[\]]/g;
  marks.lastIndex = at;
  let depth = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index);
    else if (mark[0] === "{" || mark[0] === "[") depth++;
    else if (--depth === 0) return marks.lastIndex;
  }
  return text.length;
}

/** Behind the quote that no odd number of backslashes escapes. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote > 0; quote = text.indexOf('"', quote + 1)) {
    let before = quote;
    while (text[before - 1] === "\\") before--;
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return text.length;
}
