// Every snippet is run, as a user would paste it; those in Go are all vetted, and
// one of each kind is run.

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { importTS } from "./bundle.mjs";
import { startMock } from "./servers.mjs";
import { makeDesk, makeGoPrograms, run, tool } from "./snippets-run.mjs";

const snippets = await importTS("../src/code/snippets.ts");
const quote = await importTS("../src/code/quote.ts");
const literal = await importTS("../src/code/literal.ts");
const topic = "http://wsbind.example/SubscriptionTopic/Encounter";
const nasty = "O'Brien \"quoted\" `id` $(id) $HOME \\n \\u0041 !! 100% äöü €\n\t</script> \u{1f44d}\u{1f3fd} \u202etxt.exe\u202c \u2028 \ufeff end";

/** Texts that an argument of a program can be, and a string of Go. */
const whole = [
  nasty, "", "a b", "plain/word.json", "=x", "-x", "~", "#", "!!", "'", "''", "\\", "\\'", "\\';id;#", "it\u2019s;id", "a b\\",
  "\r", "\u001b[31mred", "\u007f", "\u200b", "a\nb", "\u{e0041}", "*?[a]{b,c}",
];
const goStrings = `package main

import "os"

func main() {
	for _, text := range []string{${whole.map(quote.goString).join(", ")}} {
		os.Stdout.WriteString(text + "\\x00")
	}
}
`;

let server, desk, accepted;
before(async () => {
  [server, desk] = [await startMock(), makeDesk()];
  await prepare();
});
after(async () => {
  desk.remove();
  await server.stop();
});

const send = async (method, url, body, type = "application/json") => {
  const answer = await fetch(url, { method, headers: { "content-type": type }, ...(body && { body: JSON.stringify(body) }) });
  assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
};

const subscription = { resourceType: "Subscription", status: "requested", topic, channelType: { code: "websocket" }, content: "id-only" };

/** Each language has a tenant of its own, with two Subscriptions that had events, and one for mischief. */
async function prepare() {
  for (const language of ["curl", "go", "js"]) {
    for (const [name, settings] of [[language, {}], [`${language}-mischief`, { clock: "virtual" }]]) {
      const { fhir } = await send("PUT", `${server.management}/tenants/${name}`, settings);
      for (const id of ["s1", "s2"]) await send("PUT", `${fhir.R5}/Subscription/${id}`, { ...subscription, id }, "application/fhir+json");
      await send("POST", `${server.management}/t/${name}/events`, { subscription: "s1", count: 3 });
      // A mistake, for there to be a verdict: an id that does not exist is used again and again.
      for (let i = 0; i < 7; i++) await fetch(`${fhir.R5}/Subscription/none/$get-ws-binding-token`, { method: "POST" });
    }
  }
  await prepareFiles();
}

/** The files that snippets read, and the token. */
async function prepareFiles() {
  const base = baseOf("js");
  const answer = await send("POST", `${base}/Subscription/s1/$get-ws-binding-token`, null, "application/fhir+json");
  const value = (name) => Object.entries(answer.parameter.find((p) => p.name === name)).find(([key]) => key.startsWith("value"))[1];
  accepted = { issuer: base, audience: value("websocket-url"), token: value("token") };
  desk.write("response.json", JSON.stringify(answer));
  desk.write("request.json", JSON.stringify({ resourceType: "Parameters" }));
  desk.write("query.txt", "_format=json");
  desk.write("notification.json", JSON.stringify(await send("GET", `${base}/Subscription/s1/$events`)));
  desk.write("jwks.json", JSON.stringify(await send("GET", server.jwks)));
  const definition = fileURLToPath(new URL("../../schemas/definitions/r5/get-ws-binding-token.json", import.meta.url));
  copyFileSync(definition, join(desk.directory, "definition.json"));
}

const baseOf = (language) => `${server.base}/t/${language}/fhir/R5`;
const guide = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token";
const r5 = "http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token";

/**
 * Every action, with what each language must print. `until` is for what goes on by
 * itself, by language; `go: null` is not run in Go.
 */
function actions(language) {
  const place = { base: baseOf(language), fhir: "R5", ids: ["s1"] };
  const { base, fhir } = place;
  const management = `${server.management}/t/${language}-mischief`;
  const listened = { curl: /handshake[^\n]*s1/, js: /handshake s1/, go: /handshake s1/ };
  const judged = (what, definition, query) => snippets.validate({ what, fhir, definition, query });
  const isValid = { curl: /\bvalid\b/, js: /^valid/m, go: /^valid: true/m };
  const token = { curl: /"websocket-url"/, js: /'?s1'? \] ws:/, go: /\[s1\] ws:/ };
  return {
    createSubscription: [snippets.createSubscription({ base, fhir, resource: { ...subscription, reason: nasty } }),
      { curl: /"status": ?"active"/, js: /\S+ active/, go: /^201 /m }],
    createEvent: [snippets.createEvent({ base, fhir, resource: patient("nasty") }), { curl: /"resourceType": ?"Patient"/, js: /^201 /m, go: /^201 /m }],
    createEventElsewhere: [snippets.createEvent({ base, fhir, resource: { resourceType: "Encounter", status: "planned" } }),
      { curl: /"resourceType": ?"Encounter"/, js: /^201 /m, go: null }],
    getToken: [snippets.getToken(place), token],
    getTokens: [snippets.getToken({ ...place, ids: ["s1", "s2"] }), { curl: /"websocket-url"/, js: /'s1', 's2' \]/, go: null }],
    getTokenForAll: [snippets.getToken({ ...place, ids: [] }), { curl: /"websocket-url"/, js: /'s1'/, go: null }],
    connect: [snippets.connect(place), { curl: /level=\S+ msg=/, js: /^open$/m, go: null }, { curl: listened.curl, js: /^open$/m }],
    bind: [snippets.bind(place), { ...listened, js: /handshake \S*s1\nbound/, go: /"handshake"/ }, { curl: listened.curl, js: /bound/ }],
    renew: [snippets.renew(place), { ...listened, js: /(handshake \S*s1\s+){2}bound/, go: null }, { curl: listened.curl, js: /bound/ }],
    disconnect: [snippets.disconnect(place), { ...listened, js: /^closed$/m }, { curl: listened.curl }],
    catchUp: [snippets.catchUp({ base, fhir, id: "s1", from: 1n, to: 2n }), { curl: /"query-event"/, js: /true query-event \[ 1n, 2n \]/, go: null }],
    listen: [snippets.listen({ ...place, ids: ["s1", "s2"] }), { ...listened, go: null }, listened],
    validateResponse: [judged("response", guide, false), isValid],
    validateByOwn: [judged("response", null, false), { ...isValid, go: null }],
    validateRequest: [judged("request", r5, false), { ...isValid, go: null }],
    validateQuery: [judged("request", null, true), { ...isValid, curl: isValid.js, go: null }],
    validateNotification: [judged("notification", null, false), { ...isValid, go: null }],
    verifyToken: [snippets.verifyToken({ jwks: server.jwks, issuer: accepted.issuer, audience: accepted.audience }), { curl: /"jti"/, js: /jti/, go: /"jti"/ }],
    verifyWithKeys: [snippets.verifyToken({ jwks: null, issuer: null, audience: null }), { curl: /"jti"/, js: /jti/, go: null }],
    makeTenant: [snippets.makeTenant({ management, name: `${language}-made`, settings: { clock: "virtual", seed: 7 } }), { curl: /"seed": 7/, js: /fhir\/R5 7/, go: null }],
    planFault: [snippets.planFault({ management, spec: { fault: "gap", subscription: "s1" } }), { curl: /"gap"/, js: /'gap'/, go: null }],
    planFaultByChance: [snippets.planFault({ management, spec: { fault: "duplicate", probability: 0.5 } }), { curl: /0\.5/, js: /0\.5/, go: null }],
    clearFaults: [snippets.clearFaults({ management }), { curl: /^HTTP\/1\.1 20/m, js: /\[.*\]/s, go: /^20\d /m }],
    advanceClock: [snippets.advanceClock({ management, by: "1h" }), { curl: /"now"/, js: /^\d{4}-/m, go: null }],
    advanceClockBySeconds: [snippets.advanceClock({ management, by: 90 }), { curl: /"now"/, js: /^\d{4}-/m, go: null }],
    emitEvents: [snippets.emitEvents({ management, subscription: "s2", count: 2 }), { curl: /"last"/, js: /last/, go: null }],
    verdicts: [snippets.verdicts({ management }), { curl: /"reused-dead-id"/, js: /^warning reused-dead-id \S.* take 404/m, go: null }],
    revoke: [snippets.revoke({ management, subscription: "s1" }), { curl: /"ended"/, js: /^\d+$/m, go: null }],
  };
}

const patient = (id) => ({ resourceType: "Patient", id, name: [{ family: nasty }] });

/** What a program must leave behind besides. */
async function arrived(language) {
  assert.equal((await send("GET", `${baseOf(language)}/Patient/nasty`)).name[0].family, nasty);
}

async function check(t, language, name, [texts, due, until = {}], program = `${language}-${name}`) {
  await t.test(name, async () => {
    const { code, output, stopped } = await run(desk, language, texts[language], {
      program, until: until[language], enter: name === "disconnect", env: { TOKEN: accepted.token },
    });
    assert.match(output, due[language]);
    if (!stopped || language === "curl") assert.equal(code, 0, output);
  });
}

describe("the snippets", { concurrency: 3 }, () => {
  test("are all run", () => {
    const run = Object.keys(actions("js"));
    assert.deepEqual(Object.keys(snippets).filter((name) => !run.some((action) => action.startsWith(name))), []);
  });

  test("in the shell", { concurrency: 3 }, async (t) => {
    await Promise.all(Object.entries(actions("curl")).map(([name, action]) => check(t, "curl", name, action)));
    await arrived("curl");
  });

  test("in JavaScript", { concurrency: 3 }, async (t) => {
    await Promise.all(Object.entries(actions("js")).map(([name, action]) => check(t, "js", name, action)));
    await arrived("js");
  });

  test("in Go", { concurrency: 3 }, async (t) => {
    const all = Object.entries(actions("go"));
    const programs = makeGoPrograms({ ...Object.fromEntries(all.map(([name, [texts]]) => [name, texts.go])), strings: goStrings });
    t.after(programs.remove);
    assert.deepEqual(await tool("gofmt", ["-l", programs.directory]), { code: 0, output: "" });
    assert.deepEqual(await tool("go", ["vet", ...programs.places]), { code: 0, output: "" });
    const kept = all.filter(([, [, due]]) => due.go !== null);
    await programs.build("strings", ...kept.map(([name]) => name));
    await Promise.all(kept.map(([name, action]) => check(t, "go", name, action, programs.binary(name))));
    await arrived("go");
    assert.deepEqual((await tool(programs.binary("strings"), [])).output.split("\0"), [...whole, ""]);
  });
});

describe("quoting", () => {
  test("a word of the shell is one word, whatever is in it", async () => {
    const { code, output } = await tool("bash", ["-c", `printf '%s\\0' ${whole.map(quote.shellWord).join(" ")}`]);
    assert.deepEqual([code, output.split("\0")], [0, [...whole, ""]]);
  });

  test("no other shell finds an end within the quotes of a word", () => {
    for (const text of whole) assert.match(quote.shellWord(text), /^([\w/.][^\s'"\\]*|\$?'([^'\u2018-\u201b]*[^'\\\u2018-\u201b])?')$/);
  });

  test("what nobody could see, or a terminal would act on, is escaped", () => {
    for (const write of [quote.shellWord, quote.jsString, quote.jsonString, quote.goString]) {
      assert.doesNotMatch(write(nasty.replaceAll("\n", "") + whole.join("").replaceAll("\n", "")), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, write.name);
    }
  });

  test("a string of JavaScript and of JSON is the same text, also with half a pair", () => {
    for (const text of [...whole, "\0", "\ud800", "x\udc00"]) {
      assert.equal(new Function(`return ${quote.jsString(text)}`)(), text);
      assert.equal(JSON.parse(quote.jsonString(text)), text);
      assert.ok(!quote.jsonString(text).includes("`"));
    }
  });

  test("half a pair and NUL, which neither a shell nor Go can hold, do no harm", () => {
    assert.equal(quote.shellWord("a\0b\ud800"), "'ab\ufffd'");
    assert.equal(quote.goString("a\0\ud800"), '"a\\u0000\ufffd"');
  });
});

describe("literals", () => {
  const odd = JSON.parse('{"__proto__":{"a-b":1},"a":[[],{},null,true,1.5],"class":"x","long":["' + Array(9).fill("aaaaaaaaaaaaaaa").join('","') + '"]}');

  test("an expression is the value, and stands in a line where it fits", () => {
    const text = literal.jsLiteral(odd);
    assert.deepEqual(JSON.stringify(new Function(`return ${text}`)()), JSON.stringify(odd));
    assert.match(text, /^ {2}\["__proto__"\]: \{ "a-b": 1 \},$/m);
    assert.ok(text.split("\n").every((line) => line.length <= 90), text);
  });

  test("JSON is the value without what is undefined", () => {
    assert.deepEqual(JSON.parse(literal.jsonLiteral(odd)), odd);
    assert.equal(literal.jsonLiteral({ a: undefined, b: "x" }), '{ "b": "x" }');
  });
});
