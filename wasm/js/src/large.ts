// A document for which the module has no room. It is judged as natively, without
// the module: one fatal issue, where the reader would have stopped.

import type { Issue, Verdict } from "./issue.js";

/** tooLarge returns the verdict on a document that does not fit into a call; limit is how many bytes are read. */
export function tooLarge(bytes: Uint8Array, limit: number): Verdict {
  const issue: Issue = {
    severity: "fatal",
    code: "too-large",
    type: "too-long",
    expression: [],
    diagnostics: `the document has ${bytes.length} bytes, at most ${limit} are read`,
    position: { byte: limit, ...locate(bytes, limit), length: 0 },
  };
  return { valid: false, issues: [issue] };
}

/** locate returns the line and column of an offset, columns in UTF-16 units. */
function locate(bytes: Uint8Array, offset: number): { line: number; column: number } {
  let end = offset;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end++; // a character counts as soon as it has begun
  const before = bytes.subarray(0, end);
  let line = 1;
  for (let at = before.indexOf(10); at >= 0; at = before.indexOf(10, at + 1)) line++;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(before.subarray(before.lastIndexOf(10) + 1));
  return { line, column: text.length + 1 };
}
