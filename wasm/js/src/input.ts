// Documents as callers have them: text, bytes, or an object to be written as JSON.

import { refuse, show } from "./options.js";

/**
 * A document: its text, its bytes in UTF-8, or an object that `JSON.stringify`
 * writes. Prefer what came over the wire: an object has lost the spelling of its
 * numbers and duplicate names, and the positions of its issues are those in the
 * text that `JSON.stringify` writes.
 */
export type Input = string | Uint8Array | object;

/** text returns a document as the module takes it. */
export function text(document: Input): string | Uint8Array {
  if (typeof document === "string" || document instanceof Uint8Array) return document;
  if (typeof document !== "object" || document === null) refuse(`the document is ${show(document)}: a string, a Uint8Array or an object is due`);
  // By shape, not by instanceof: bytes may come from another realm.
  if (ArrayBuffer.isView(document)) return new Uint8Array(document.buffer, document.byteOffset, document.byteLength);
  const kind = show(document);
  if (kind === "[object ArrayBuffer]") return new Uint8Array(document as ArrayBuffer);
  if (kind === "[object URLSearchParams]") return String(document); // the query of a GET
  if (kind !== "[object Object]" && kind !== "[object Array]") {
    refuse(`the document is ${kind}: a string, a Uint8Array or a plain object is due${kind === "[object Promise]" ? " (is an await missing?)" : ""}`);
  }
  return stringify(document);
}

function stringify(document: object): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(document);
  } catch (err) {
    refuse(`the document is an object that JSON.stringify does not write: ${err instanceof Error ? err.message : String(err)}`, err);
  }
  return json ?? refuse("the document is an object that JSON.stringify writes as undefined");
}
