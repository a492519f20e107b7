// The kit: documents in every form, verdicts, options, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codes, load } from "wsbind";
import { codesOf, definition, module, request, response, thrown, watch } from "./kit/support.mjs";

const kit = await load();
const text = JSON.stringify(response());
const bytes = new TextEncoder().encode(text);

const notification = JSON.stringify({
  resourceType: "Bundle", id: "n1", type: "subscription-notification", timestamp: "2026-01-02T12:00:00Z",
  entry: [{
    fullUrl: "urn:uuid:0b7b1a3c-1b1c-4d0e-9d55-5b0a3f3f1c11",
    resource: {
      resourceType: "SubscriptionStatus", status: "active", type: "event-notification",
      eventsSinceSubscriptionStart: "9007199254740993",
      notificationEvent: [{ eventNumber: "9007199254740993", timestamp: "2026-01-02T11:59:59Z" }],
      subscription: { reference: "Subscription/a1" }, topic: "https://example.org/topic",
    },
  }],
});

test("a document is text, bytes or an object", () => {
  const whole = new Uint8Array([1, 2, 3, ...bytes, 4]);
  for (const document of [
    text, bytes, response(), Buffer.from(text), bytes.buffer, new DataView(bytes.buffer),
    whole.subarray(3, 3 + bytes.length), Object.assign(Object.create(null), response()),
  ]) {
    assert.deepEqual(kit.validateResponse(document), { valid: true, issues: [] });
  }
});

test("documents of every length come across whole", () => {
  // Around the lengths where strings are encoded in another way, in one to four bytes a character, in few of them and in all.
  for (const character of ["a", "é", "€", "😀", `${"x".repeat(15)}é`, `${"x".repeat(15)}€`, `${"x".repeat(40)}😀`]) {
    for (const length of [0, 1, 100, 4000, 8100, 8191, 8192, 8193, 100_000]) {
      const token = character.repeat(length / character.length) + "t";
      const document = JSON.stringify(response({ token: { valueString: token } }));
      for (const form of [document, new TextEncoder().encode(document)]) {
        assert.equal(kit.readResponse(form).response?.token, token, `${length} of ${character}`);
      }
    }
  }
});

test("a string is judged as its bytes are, around the length where it is encoded apart", () => {
  for (const character of ["a", "é", `${"x".repeat(40)}😀`]) {
    for (const units of [4 << 20, (4 << 20) + 1]) {
      const start = `{"a":["${`${character.repeat((1 << 19) / character.length)}","`.repeat(7)}`;
      const document = `${start}${"z".repeat(units - start.length - 4)}"]}}`;
      const bytes = new TextEncoder().encode(document);
      const verdict = kit.validateResponse(document);
      assert.deepEqual(codesOf(verdict.issues), ["trailing-data"]);
      assert.equal(verdict.issues[0].position.byte, bytes.length - 1);
      assert.deepEqual(verdict, kit.validateResponse(bytes));
    }
  }
});

test("a verdict without issues is one frozen object", () => {
  const verdict = kit.validateResponse(text);
  assert.equal(kit.validateResponse(bytes, { fhir: "R5" }), verdict);
  assert.ok(Object.isFrozen(verdict) && Object.isFrozen(verdict.issues));
});

test("an issue has code, type, expression, diagnostics and position", () => {
  const { valid, issues } = kit.validateResponse('{"resourceType":"Parameters",\n "parameter":[{"name":"é😀","valueCode":"x"}]}', { fhir: "R5" });
  assert.equal(valid, false);
  const { diagnostics, ...rest } = issues[0];
  assert.deepEqual(rest, {
    severity: "error", code: "unknown-parameter", type: "invalid", expression: ["Parameters.parameter[0]"],
    position: { byte: 52, line: 2, column: 23, length: 8 },
  });
  assert.match(diagnostics, /é😀/);
  for (const { code, type } of issues) assert.equal(type, codes[code].type);
});

test("a document that is no JSON is a verdict as well", () => {
  for (const [document, code] of [["", "invalid-json"], ["{", "invalid-json"], ["{}{}", "trailing-data"], ['{"a":1,"a":2}', "duplicate-name"],
    [Uint8Array.of(34, 0xff, 34), "invalid-utf8"], ['"\\ud800"', "lone-surrogate"], [[], "wrong-json-type"]]) {
    const { valid, issues } = kit.validateNotification(document);
    assert.deepEqual([valid, codesOf(issues)], [false, [code]], String(document));
  }
});

test("half a surrogate pair is refused where it stands", () => {
  for (const before of ["", "é", "😀", "x".repeat(10_000)]) {
    for (const half of ["\ud83d", "\ude00", "\ud83d\ud83d\ude00"]) {
      const document = `{"a":"${before}${half}"}`;
      const { issues } = kit.validateResponse(document);
      assert.deepEqual(codesOf(issues), ["invalid-utf8"]);
      assert.equal(issues[0].position.column, 7 + before.length);
      // As an object it is an escape, which JSON can write and FHIR cannot mean.
      assert.deepEqual(codesOf(kit.validateResponse({ a: before + half }).issues), ["lone-surrogate"]);
    }
  }
  assert.equal(thrown("invalid-utf8", () => kit.parseBind("bind-with-token a\ud800")).name, "WsbindError");
});

test("without isWellFormed halves are found as well", (t) => {
  const { isWellFormed } = String.prototype;
  delete String.prototype.isWellFormed;
  t.after(() => Object.defineProperty(String.prototype, "isWellFormed", { value: isWellFormed, configurable: true, writable: true }));
  assert.deepEqual(codesOf(kit.validateResponse('"é\ud800"').issues), ["invalid-utf8"]);
  assert.deepEqual(codesOf(kit.validateResponse('"é😀"').issues), ["wrong-json-type"]);
});

test("what is no document is refused", () => {
  const cyclic = {};
  cyclic.self = cyclic;
  for (const [document, words] of [[undefined, /undefined/], [null, /null/], [7, /7/], [true, /true/], [() => 0, /a function/], [Symbol("x"), /a symbol/], [1n, /a bigint/],
    [Promise.resolve(text), /await/], [new Map(), /Map/], [new Response(text), /Response/], [new Date(), /Date/], [cyclic, /JSON\.stringify/], [{ a: 1n }, /JSON\.stringify/],
    [{ toJSON() {} }, /undefined/]]) {
    for (const judge of ["validateRequest", "validateResponse", "readResponse", "validateNotification", "readNotification", "define"]) {
      assert.match(thrown("invalid-option", () => kit[judge](document)).message, words);
    }
  }
});

test("bytes that were transferred are refused, and cost no instance", (t) => {
  const made = watch(t);
  const gone = (document) => (structuredClone(document, { transfer: [document.buffer ?? document] }), document);
  for (const document of [gone(bytes.slice()), gone(bytes.slice().buffer), gone(new DataView(bytes.slice().buffer))]) {
    for (const judge of ["validateRequest", "validateResponse", "readResponse", "validateNotification", "readNotification", "define", "parseBind"]) {
      thrown("invalid-option", () => kit[judge](document));
    }
  }
  // A Proxy of bytes is none of them, but an object with numbered members.
  assert.deepEqual(codesOf(kit.validateResponse(new Proxy(bytes.slice(), {})).issues), ["wrong-resource-type"]);
  assert.equal(made.length, 0);
});

test("objects that throw when they are looked at are refused", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const fails = () => { throw new Error("stop"); };
  const objects = [proxy, new Proxy({}, { get: fails, ownKeys: fails }), { get [Symbol.toStringTag]() { return fails(); } }];
  const documents = [...objects, { get a() { return fails(); } }, { get a() { throw Object.create(null); } }];
  const options = [...objects, { get fhir() { return fails(); } }, { get fhir() { throw Object.create(null); } }];
  for (const judge of ["validateRequest", "validateResponse", "readResponse", "validateNotification", "readNotification", "define"]) {
    for (const document of documents) thrown("invalid-option", () => kit[judge](document));
    for (const given of options) thrown("invalid-option", () => kit[judge]({}, given));
  }
  for (const document of objects) thrown("invalid-option", () => kit.parseBind(document));
  for (const given of objects) thrown("invalid-option", () => kit.builtIn("https://example.org/x", given));
});

test("inherited options are followed, and each is read once", () => {
  assert.equal(kit.validateNotification(notification, Object.create({ fhir: "R5" })).valid, true);
  thrown("string-for-boolean", () => kit.define({ ...definition("alpha"), type: "true" }, Object.create({ strict: true })));
  let reads = 0;
  assert.equal(kit.validateNotification(notification, { get fhir() { return ["R5", "R4"][reads++]; } }).valid, true);
  assert.equal(reads, 1);
});

test("a getter that uses the kit does not change what a document is judged by", async () => {
  const many = await load({ module });
  const { definitions } = many.describe().limits;
  const alpha = many.define(definition("alpha"));
  const options = {
    definition: alpha,
    get level() {
      for (let i = 0; i <= definitions; i++) many.define(definition("beta"));
      return "type";
    },
  };
  assert.equal(many.validateRequest(request("alpha"), options).valid, true);
});

test("a URL that no definition can have is not found", () => {
  for (const url of ["https://example.org/\ud800", "https://example.org/" + "x".repeat(40 << 20)]) {
    assert.ok(thrown("not-found", () => kit.builtIn(url)).message.length < 200);
    assert.ok(thrown("not-found", () => kit.validateRequest({}, { definition: url })).message.length < 200);
  }
});

test("options are followed", () => {
  const ids = { resourceType: "Parameters", parameter: [{ name: "id", valueId: "a" }, { name: "id", valueId: "b" }] };
  assert.equal(kit.validateRequest(ids).valid, true);
  assert.deepEqual(codesOf(kit.validateRequest("id=a&id=b&x=1", { query: true }).issues), ["unknown-parameter"]);
  assert.deepEqual(codesOf(kit.validateRequest(new URLSearchParams({ id: "a", x: "1" }), { query: true }).issues), ["unknown-parameter"]);
  assert.deepEqual(codesOf(kit.validateRequest(ids, { level: "system" }).issues), ["wrong-level"]);
  assert.equal(kit.validateNotification(notification, { fhir: "R5" }).valid, true);
  assert.equal(kit.validateNotification(notification, { fhir: "R4" }).valid, false);
  const wrong = { resourceType: "Parameters", parameter: Array.from({ length: 200 }, () => ({ name: "x" })) };
  for (const [maxIssues, length] of [[undefined, 101], [1, 2], [7, 8], [10_000, 403]]) {
    const { issues } = kit.validateResponse(wrong, { maxIssues });
    assert.equal(issues.length, length);
  }
  const url = kit.describe().definitions.find(({ code }) => code === "status").url;
  assert.deepEqual(kit.validateRequest("", { definition: url, level: "type", query: true }).valid, true);
  assert.deepEqual(codesOf(kit.validateRequest(ids, { definition: url, level: "type" }).issues).length, 0);
  thrown("not-found", () => kit.validateRequest(ids, { definition: "https://example.org/none" }));
});

test("options are the caller's, and may change between calls", () => {
  const options = { fhir: "R5" };
  const verdicts = [];
  for (const fhir of ["R5", "R4", "R5", "R4B"]) {
    options.fhir = fhir;
    verdicts.push(kit.validateNotification(notification, options).valid);
  }
  assert.deepEqual(verdicts, [true, false, true, false]);
  for (let maxIssues = 1; maxIssues <= 100; maxIssues++) { // more sets than are remembered
    assert.equal(kit.validateResponse({}, { maxIssues }).valid, false);
  }
});

test("misspelt and unusable options are refused, also after good ones", () => {
  assert.equal(kit.validateRequest({ resourceType: "Parameters" }, { maxIssues: 5, level: "type", fhir: "R4", query: false }).valid, true);
  for (const [options, words] of [
    [{ maxissues: 5 }, /"maxissues".*maxIssues/], [{ definitoin: "x" }, /"definitoin"/], [{ fhir: "R6" }, /"R6".*R4, R4B, R5/], [{ fhir: "" }, /""/], [{ level: "resource" }, /"resource"/],
    [{ query: "true" }, /"true"/], [{ query: 1 }, /1/], [{ maxIssues: 0 }, /0/], [{ maxIssues: 10_001 }, /10001/], [{ maxIssues: 1.5 }, /1\.5/], [{ maxIssues: "5" }, /"5"/], [{ maxIssues: NaN }, /NaN/],
    [{ definition: {} }, /define/], [{ definition: null }, /define/], [{ definition: 7 }, /7/], [{ definition: "" }, /""/], [null, /null/], ["R5", /a string/], [7, /7/],
  ]) {
    assert.match(thrown("invalid-option", () => kit.validateRequest({}, options)).message, words);
  }
  thrown("invalid-option", () => kit.validateResponse({}, { query: true }));
  thrown("invalid-option", () => kit.validateNotification({}, { level: "type" }));
  thrown("invalid-option", () => kit.readNotification({}, { definition: "x" }));
  thrown("invalid-option", () => kit.define({}, { url: "x" }));
  thrown("invalid-option", () => kit.define({}, { strict: "yes" }));
  for (const url of [7, "", undefined, {}]) thrown("invalid-option", () => kit.builtIn(url));
});

test("readResponse says what the answer says", () => {
  const covering = response();
  covering.parameter.push({ name: "subscription", valueString: "a" }, { name: "subscription", valueString: "b" });
  assert.deepEqual(kit.readResponse(covering), {
    valid: true, issues: [],
    response: { token: "a.b.c", expiration: new Date("2026-01-02T12:05:00Z"), subscriptions: ["a", "b"], websocketUrl: "wss://fhir.example/ws" },
  });
  const fraction = kit.readResponse(response({ expiration: { valueDateTime: "2026-01-02T12:05:00.250+01:00" } }));
  assert.equal(fraction.response.expiration.getTime(), Date.parse("2026-01-02T11:05:00.250Z"));
  assert.equal(kit.readResponse(response({ token: undefined })).response, undefined);
});

test("readNotification says what it can, with counters of 64 bits", () => {
  const { valid, notification: read } = kit.readNotification(notification, { fhir: "R5" });
  assert.equal(valid, true);
  assert.equal(read.id, "n1");
  const [status] = read.statuses;
  assert.equal(status.eventsSinceSubscriptionStart, 9007199254740993n);
  assert.deepEqual(status.events, [{ eventNumber: 9007199254740993n, timestamp: "2026-01-02T11:59:59Z", interaction: "", focus: null, additionalContext: [] }]);
  assert.deepEqual(kit.readNotification("{}").notification.statuses, []);
});

test("parseBind yields the token or a code to close with", () => {
  assert.equal(kit.parseBind("bind-with-token a.b.c"), "a.b.c");
  assert.equal(kit.parseBind(new TextEncoder().encode("bind-with-token: a.b.c\n")), "a.b.c");
  for (const [frame, code, close] of [["ping", "expected-bind", 1008], ["bind-with-token " + "x".repeat(1 << 17), "frame-too-large", 1009], [Uint8Array.of(0xff), "invalid-utf8", 1007]]) {
    assert.equal(codes[thrown(code, () => kit.parseBind(frame)).code].closeStatus, close);
  }
  for (const frame of [{}, null, undefined, 7]) thrown("invalid-option", () => kit.parseBind(frame));
});

test("64 MiB are refused with the words of the reader", () => {
  const fits = new Uint8Array(17 << 20).fill(0x20); // passed to the module, which refuses it
  fits.set(new TextEncoder().encode("\n😀é\n"), (16 << 20) - 1);
  const huge = new Uint8Array(64 << 20).fill(0x20); // never passed
  huge.set(fits);
  const due = kit.validateResponse(fits).issues;
  assert.deepEqual([codesOf(due), due[0].severity, due[0].position.byte], [["too-large"], "fatal", 16 << 20]);
  due[0].diagnostics = due[0].diagnostics.replace(String(fits.length), String(huge.length));
  for (const document of [huge, new TextDecoder().decode(huge)]) {
    assert.deepEqual(kit.validateResponse(document), { valid: false, issues: due });
    assert.deepEqual(kit.readNotification(document).issues, due);
    assert.deepEqual(thrown("too-large", () => kit.define(document)).issues, due);
    assert.match(thrown("frame-too-large", () => kit.parseBind(document)).message, /67108864 bytes, at most 65600/);
  }
  assert.deepEqual(kit.readNotification(huge).notification, kit.readNotification(fits).notification);
});

test("describe agrees with what the package says", () => {
  const { abi, module, releases, codes: rows } = kit.describe();
  assert.deepEqual([abi.major, module, releases], [1, "lean", ["R4", "R4B", "R5"]]);
  assert.deepEqual(Object.fromEntries(rows.map(({ code, ...meaning }) => [code, meaning])), codes);
});
