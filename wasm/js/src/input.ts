// Documents as callers have them: text, bytes, or an object to be written as JSON.

import { refuse, show, why } from "./options.js";

/**
 * A document: its text, its bytes in UTF-8, or an object that `JSON.stringify`
 * writes. Prefer what came over the wire: an object has lost the spelling of its
 * numbers and duplicate names, and the positions of its issues are those in the
 * text that `JSON.stringify` writes.
 */
export type Input = string | Uint8Array | object;

/** text returns a document as the module takes it. */
export function text(document: Input): string | Uint8Array {
  if (typeof document === "string") return document;
  if (ArrayBuffer.isView(document) && document instanceof Uint8Array && document.length > 0) return document;
  if (typeof document !== "object" || document === null) refuse(`the document is ${show(document)}: a string, a Uint8Array or an object is due`);
  const bytes = bytesOf(document);
  if (bytes !== undefined) return bytes;
  const kind = show(document);
  if (kind === "[object URLSearchParams]") return String(document); // the query of a GET
  if (kind !== "[object Object]" && kind !== "[object Array]") {
    refuse(`the document is ${kind}: a string, a Uint8Array or a plain object is due${kind === "[object Promise]" ? " (is an await missing?)" : ""}`);
  }
  return stringify(document);
}

/** bytesOf returns a view of bytes in any form, by shape and not by instanceof: they may come from another realm. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return show(value) === "[object ArrayBuffer]" ? new Uint8Array(value as ArrayBuffer) : undefined;
  } catch (err) {
    return refuse("the bytes are gone: their buffer was transferred to somebody else", err);
  }
}

function stringify(document: object): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(document);
  } catch (err) {
    refuse(`the document is an object that JSON.stringify does not write: ${why(err)}`, err);
  }
  return json ?? refuse("the document is an object that JSON.stringify writes as undefined");
}
