// OperationOutcomes are those that Go writes, member for member.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { codes, issuesToOperationOutcome, load } from "wsbind";
import { response, thrown } from "./kit/support.mjs";

const kit = await load();
const binary = process.env.WSBIND_BIN ?? fileURLToPath(new URL("../../../bin/wsbind", import.meta.url));

test("issues become the resource that wsbind validate --json prints", async (t) => {
  const documents = [
    response(), {}, [], response({ token: undefined }), response({ "é😀": { valueString: "\u0001\u2028<&>" } }),
    '{"resourceType":"Parameters",\n\n "parameter":[{"name":"token","valueCode":"x"},\n{"name":"é😀","valueString":7}]}',
    "{", " ", '"\\ud800"', '{"a":1,"a":2}', response({ token: { valueString: "x", valueCode: "y" } }),
    { resourceType: "Parameters", parameter: Array.from({ length: 300 }, () => ({ name: "x" })) },
  ].map((document) => (typeof document === "string" ? document : JSON.stringify(document)));
  const directory = await mkdtemp(join(tmpdir(), "wsbind-outcome-"));
  t.after(() => rm(directory, { recursive: true }));
  const files = await Promise.all(documents.map(async (document, i) => {
    const file = join(directory, `${i}.json`);
    await writeFile(file, document);
    return file;
  }));
  const { stdout, stderr, error } = spawnSync(binary, ["validate", "--json", ...files], { encoding: "utf8", maxBuffer: 1 << 24 });
  const lines = stdout?.trim().split("\n") ?? [];
  assert.equal(lines.length, documents.length, `${binary}: run make build first: ${error?.message ?? stderr}`);
  documents.forEach((document, i) => {
    const outcome = issuesToOperationOutcome(kit.validateResponse(document).issues);
    assert.equal(JSON.stringify(outcome), JSON.stringify(JSON.parse(lines[i])), document.slice(0, 200));
  });
});

test("no issues are one of severity information", () => {
  assert.deepEqual(issuesToOperationOutcome([]), {
    resourceType: "OperationOutcome", issue: [{ severity: "information", code: "informational", diagnostics: "no issues found" }],
  });
});

test("what are no issues is refused", () => {
  const verdict = kit.validateResponse("{}");
  assert.match(thrown("invalid-option", () => issuesToOperationOutcome(verdict)).message, /issues of a verdict/);
  for (const issues of [undefined, null, "x", {}, new Set(verdict.issues), [null], [{}], [{ ...verdict.issues[0], position: undefined }]]) {
    thrown("invalid-option", () => issuesToOperationOutcome(issues));
  }
});

test("every code has a row, and none can be mistaken for internal", () => {
  for (const [code, { type, httpStatus, closeStatus, closeReason, meaning }] of Object.entries(codes)) {
    assert.match(code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.ok(type && httpStatus >= 400 && meaning.endsWith("."), code);
    assert.equal(closeStatus === 0, closeReason === "", code);
    assert.ok(closeReason === "" || closeReason in codes, code);
  }
  assert.equal(codes["expired-token"].closeReason, "expired-token");
});
