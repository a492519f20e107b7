// What of the validator needs no browser: examples, places, parameters, links.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { load } from "wsbind";
import { importTS } from "./bundle.mjs";

const kit = await load();
const description = kit.describe();
const { examples, customDefinition } = await importTS("../src/validator/examples.ts");
const { builtIn, define, judge, tally, verdictWords } = await importTS("../src/validator/judge.ts");
const { lineStarts, spanOf, underlined } = await importTS("../src/validator/span.ts");
const { parameterOf, rowsOf } = await importTS("../src/validator/parameters.ts");
const { parsed } = await importTS("../src/json.ts");
const { LINK_LIMIT, pack, unpack } = await importTS("../src/validator/share.ts");
const { resourceTypeOf, withLineFeeds } = await importTS("../src/validator/work.ts");

const definitionOf = ({ operation, definition, fhir }) => (operation === "custom" ? define(kit, definition, fhir).definition : builtIn(kit, description, operation, fhir));
const judged = (work) => judge(kit, work, definitionOf(work), work.document);

for (const { title, code, work } of examples) {
  test(`the example "${title}" is as it promises`, () => {
    const { valid, issues } = judged(work);
    assert.deepEqual(issues.map((issue) => issue.code), code === null ? [] : [code]);
    assert.equal(valid, code === null || code === "missing-element");
  });
}

test("examples have names of their own", () => {
  assert.equal(new Set(examples.map(({ title }) => title)).size, examples.length);
});

/** What of a text its first issue underlines. */
function shown(text, work = {}) {
  const [issue] = judged({ kind: "response", fhir: "R5", level: "type", query: false, operation: "get-ws-binding-token", ...work, document: text }).issues;
  const { from, to } = underlined(text, spanOf(text, lineStarts(text), issue.position));
  return text.slice(from, to);
}

test("an underline hits the characters, whatever precedes them", () => {
  const cases = [
    ['{"resourceType":"Parameters","parameter":[{"name":"Tür 🚪 ß","valueString":"x"}]}', '"Tür 🚪 ß"'],
    ['{"resourceType":"Parameters","äöü😀":1,"parameter":[]}', '"äöü😀"'],
    ['{"resourceType":"Parameters",\n "id":"😀😀", "parameter":[]}', '"😀😀"'],
    ['{"id":"ü😀",\n"resourceType":"Parameters","parameter":[{"name":"ü","valueString":"日本"},]}', "]"],
    ['{"a":"\u2028", "é":1, "resourceType":"Parameters", "parameter":[]}', '"a"'],
    ['{"resourceType":"Parameters","parameter":[{"name":"ü', '"ü'],
    ["", ""],
    ['{"a":1} 😀 x', "😀"],
  ];
  assert.deepEqual(cases.map(([text]) => shown(text)), cases.map(([, marked]) => marked));
});

test("what spans lines is underlined in its first one, and a long one is cut", () => {
  assert.deepEqual(underlined("{\n}", { from: 0, to: 3 }), { from: 0, to: 1 });
  assert.deepEqual(underlined("a\n\nb", { from: 1, to: 4 }), { from: 1, to: 1 });
  assert.deepEqual(underlined("x".repeat(2_000), { from: 100, to: 2_000 }), { from: 100, to: 600 });
});

test("a position beyond the text is its end", () => {
  assert.deepEqual(spanOf("ab", lineStarts("ab"), { byte: 9, line: 7, column: 3, length: 4 }), { from: 2, to: 2 });
  const bytes = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const [{ code, position }] = judge(kit, { kind: "response", fhir: "R5", level: "type", query: false }, null, bytes).issues;
  assert.equal(code, "invalid-utf8");
  assert.deepEqual(spanOf(text, lineStarts(text), position), { from: 2, to: 3 });
});

/** The parameters that the issues of a document are about. */
function parametersOf(work) {
  const whole = { fhir: "R5", level: "type", query: false, operation: "get-ws-binding-token", definition: "", ...work };
  const definition = definitionOf(whole);
  const contract = { parameters: definition.parameters, use: whole.kind === "request" ? "in" : "out", level: whole.level };
  return judge(kit, whole, definition, whole.document).issues.map((issue) => parameterOf(issue, parsed(whole.document), contract)?.join("/") ?? null);
}

test("issues are about parameters", () => {
  const value = (name, rest) => ({ name, ...rest });
  const response = (...parameter) => parametersOf({ kind: "response", document: JSON.stringify({ resourceType: "Parameters", parameter }) });
  const token = value("token", { valueString: "x" }), expiration = value("expiration", { valueDateTime: "2030-01-01" }), url = value("websocket-url", { valueUrl: "wss://x" });
  assert.deepEqual(response(token, url), ["expiration"]);
  assert.deepEqual(response(token, url, value("expiration", { valueString: "x" })), ["expiration"]);
  assert.deepEqual(response(token, expiration, url, url), ["websocket-url"]);
  assert.deepEqual(response(token, expiration, url, value("more", { valueString: "x" })), [null]);
  assert.deepEqual(parametersOf({ kind: "response", document: "[" }), [null]);
  assert.deepEqual(parametersOf({ kind: "response", document: "{}" }), [null]);
});

test("issues are about parts, also of parameters with odd names", () => {
  const ward = (...part) => ({ name: "ward", part });
  const request = (...parameter) => parametersOf({ kind: "request", operation: "custom", definition: customDefinition, document: JSON.stringify({ resourceType: "Parameters", parameter }) });
  const location = { name: "location", valueReference: { reference: "Location/1" } }, title = { name: "title", valueString: "x" };
  assert.deepEqual(request(), [null, "ward"]); // FHIR forbids the empty list as such
  assert.deepEqual(request(ward(location)), ["ward/title"]);
  assert.deepEqual(request(ward(location, title), ward(location, title, { name: "from", valueDate: "x" })), ["ward/from"]);
  assert.deepEqual(request(ward(location, title, { name: "colour", valueString: "x" })), [null]);
  assert.deepEqual(request({ name: "ward", valueString: "x" }), ["ward"]);
});

test("issues of a query and of an operation that returns a resource are about parameters", () => {
  const query = (document, work) => parametersOf({ kind: "request", query: true, document, ...work });
  assert.deepEqual(query("content=a&content=b&nothing=1", { operation: "events", level: "instance" }), [null, "content"]);
  assert.deepEqual(parametersOf({ kind: "response", operation: "status", document: '{"resourceType":"Parameters"}' }), ["return"]);
});

test("a parameter of another level steps back where there are two of its name", () => {
  const named = (name, scope) => ({ name, use: "in", scope, part: [] });
  const parameters = [named("id", ["type"]), named("id", ["instance"]), named("other", ["type"])];
  assert.deepEqual(rowsOf({ parameters, use: "in", level: "instance" }).map(({ name, scope }) => `${name} ${scope}`), ["id instance", "other type"]);
});

test("a definition that cannot be used is an answer with all that was found", () => {
  const text = customDefinition.replace('"system": false', '"system": "false"').replace('"max": "*"', '"max": "x"');
  const { definition, issues } = define(kit, text, "R5");
  assert.equal(definition, null);
  assert.deepEqual(issues.map(({ code, repaired = false }) => [code, repaired]), [["string-for-boolean", true], ["invalid-cardinality", false]]);
  assert.equal(define(kit, customDefinition, "R5").definition.code, "rename-wards");
});

test("verdicts are said in words", () => {
  const issue = (severity) => ({ severity });
  assert.equal(tally([issue("fatal"), issue("error"), issue("warning"), issue("information")]), "2 errors, 1 warning, 1 remark");
  assert.equal(verdictWords({ valid: true, issues: [] }), "Valid");
  assert.equal(verdictWords({ valid: true, issues: [issue("warning")] }), "Valid, with 1 warning");
  assert.equal(verdictWords({ valid: false, issues: [issue("error")] }), "Not valid: 1 error");
});

test("a link carries the whole work", async () => {
  const work = { ...examples.at(-1).work, document: "{\ud83d\ude00 \u00fc \n" };
  const packed = await pack(work);
  assert.match(packed, /^[A-Za-z0-9_-]+$/);
  assert.deepEqual(await unpack(packed), work);
  for (const { work } of examples) assert.ok((await pack(work)).length < LINK_LIMIT / 10);
});

test("a broken link is told", async () => {
  const packed = await pack(examples[0].work);
  const packedOf = (value) => pack(value);
  for (const broken of ["", "%", packed.slice(0, -9), `A${packed}`, await packedOf({}), await packedOf({ ...examples[0].work, kind: "x" })]) {
    await assert.rejects(unpack(broken), { code: "invalid-option", message: /^the link cannot be read: / });
  }
});

test("a link that swells up is refused, and so is one of any length", async () => {
  const swollen = deflateRawSync(Buffer.alloc(20_000_000, " ")).toString("base64url");
  assert.ok(swollen.length < LINK_LIMIT);
  await assert.rejects(unpack(swollen), { code: "invalid-option", message: /cut off or changed/ });
  await assert.rejects(unpack("A".repeat(LINK_LIMIT + 1)), { code: "invalid-option", message: /longer than any/ });
});

test("a text says what it is", () => {
  assert.equal(resourceTypeOf('{"resourceType":"Bundle"}'), "Bundle");
  assert.equal(resourceTypeOf(`chrome of a page ${customDefinition}`), "OperationDefinition");
  assert.deepEqual(["", "null", "[]", '{"resourceType":1}', "{"].map(resourceTypeOf), ["", "", "", "", ""]);
  assert.equal(withLineFeeds("a\r\nb\rc\n"), "a\nb\nc\n");
});
