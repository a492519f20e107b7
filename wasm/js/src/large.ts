// A document for which the module has no room. It is judged as natively, without
// the module: one fatal issue, where the reader would have stopped.

import type { Issue, Verdict } from "./issue.js";
import { encode } from "./utf8.js";

/** How many bytes of a document are read (core/jsonscan). */
const MAX_BYTES = 16 << 20;

/** tooLarge returns the verdict on a document that does not fit into a call. */
export function tooLarge(document: string | Uint8Array): Verdict {
  const bytes = typeof document === "string" ? encode(document) : document;
  const issue: Issue = {
    severity: "fatal",
    code: "too-large",
    type: "too-long",
    expression: [],
    diagnostics: `the document has ${bytes.length} bytes, at most ${MAX_BYTES} are read`,
    position: { byte: MAX_BYTES, ...locate(bytes.subarray(0, MAX_BYTES)), length: 0 },
  };
  return { valid: false, issues: [issue] };
}

/** locate returns the line and column behind some text. */
function locate(bytes: Uint8Array): { line: number; column: number } {
  let line = 1;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) line++;
  const last = bytes.subarray(bytes.lastIndexOf(10) + 1);
  return { line, column: new TextDecoder("utf-8", { ignoreBOM: true }).decode(last).length + 1 };
}
