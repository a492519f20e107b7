// The validator in a browser, from a static host: what is typed, dropped and shared,
// and what the editor underlines.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkWidths, lookAt, openPage, startBrowser } from "./page.mjs";
import { startStaticHost } from "./servers.mjs";

const browser = await startBrowser(after);
const host = await startStaticHost();
after(() => host.stop());

/** Opens the validator; it begins with a response whose expiration is a string. */
async function openValidator(t) {
  const page = await openPage(t, browser, `${host.url}#validator`);
  await verdict(page, "Not valid: 1 error");
  await page.locator(".editor .cm-content").waitFor(); // before it stands a text area of the same name
  return page;
}

/** Waits for a verdict. */
const verdict = (page, words) => page.locator(".verdict-card .notice-title", { hasText: words }).waitFor();

/** Waits for what is said of a file or a link. */
const said = (page, words) => page.locator(".said .notice-title", { hasText: words }).waitFor();

/** Replaces the document as somebody who types. */
async function type(page, text) {
  await page.getByRole("textbox", { name: "The document" }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

async function example(page, title) {
  await page.locator(".examples summary").click();
  await page.getByRole("button", { name: title }).click();
}

/** Drops a file on the view. */
function drop(page, name, bytes) {
  return page.evaluate(([file, content]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(content)], file));
    document.querySelector(".verdict-card").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, [name, [...bytes]]);
}

/** What is underlined, in the order of the text; what is coloured in pieces is one. */
const underlined = (page) => page.locator(".editor .cm-lintRange").allTextContents();

test("the validator is accessible and fits, with good and bad documents", async (t) => {
  const page = await openValidator(t);
  await lookAt(page, "validator-bad");
  await checkWidths(page, "validator, a bad response");
  await example(page, "A definition of your own");
  await page.locator(".issue-code", { hasText: "missing-parameter" }).waitFor();
  await lookAt(page, "validator-own");
  await example(page, "Event, id-only, R4");
  await verdict(page, "Valid");
  await lookAt(page, "validator-good");
});

test("issues are underlined where they are, behind any characters", async (t) => {
  const page = await openValidator(t);
  assert.deepEqual(await underlined(page), ['"valueString"']);
  await type(page, '{"resourceType": "Parameters", "äöü😀": 1, "parameter": [{"name": "Tür 🚪 ß", "part": [{"name": "日本", "valueId": "x"}]},]}');
  await page.locator(".issue-code", { hasText: "invalid-json" }).waitFor();
  assert.deepEqual(await underlined(page), ["]"]);
  await page.keyboard.press("Control+Home");
  await page.locator(".issue-go").click();
  assert.equal(await page.locator(".editor .cm-pointed").textContent(), "]");
});

test("an issue leads to its place, to its parameter, and back", async (t) => {
  const page = await openValidator(t);
  await page.locator(".issue-go").focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.shadowRoot?.activeElement?.getAttribute("role") === "textbox");
  assert.equal(await page.locator(".editor .cm-pointed").textContent(), '"valueString"');
  await page.getByRole("button", { name: "Parameter expiration" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "parameter-expiration");
  await page.getByRole("button", { name: "Error: wrong-value-type, line 10" }).click();
  await page.waitForFunction(() => document.activeElement.className === "editor");
});

test("Tab leaves the editor, and what was typed can be undone after a look elsewhere", async (t) => {
  const page = await openValidator(t);
  await type(page, "x");
  await page.locator(".issue-code", { hasText: "invalid-json" }).waitFor();
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => document.activeElement.className), "editor");
  await page.getByRole("link", { name: "Live" }).click();
  await page.getByRole("link", { name: "Validator" }).click();
  await page.locator(".editor .cm-content").waitFor(); // before it stands a text area of the same name
  await page.getByRole("textbox", { name: "The document" }).focus();
  await page.keyboard.press("Control+z");
  await page.locator(".issue-code", { hasText: "wrong-value-type" }).waitFor();
});

test("a link carries document and settings, and a broken one is told", async (t) => {
  const page = await openValidator(t);
  await example(page, "A definition of your own");
  await page.locator(".issue-code", { hasText: "missing-parameter" }).waitFor();
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = await page.getByLabel("The link", { exact: true }).inputValue();
  const other = await openPage(t, browser, host.url);
  await other.goto(link);
  await said(other, "This document came with the link.");
  await other.getByRole("button", { name: "Parameter ward, part title" }).waitFor();
  await other.goto(link.slice(0, -20));
  await said(other, "The link cannot be read");
  await other.locator(".issue-code", { hasText: "missing-parameter" }).waitFor(); // what was there is still there
});

test("a file is read as it is: definitions, bytes that are no UTF-8, and too many of them", async (t) => {
  const page = await openValidator(t);
  const text = (value) => new TextEncoder().encode(value);
  await drop(page, "latin-1.json", Uint8Array.of(...text('{"id": "T'), 0xfc, ...text('r"}')));
  await page.locator(".issue-code", { hasText: "invalid-utf8" }).waitFor();
  assert.deepEqual(await underlined(page), ["\ufffd"]);
  const parameter = [{ name: "a", use: "in", min: 0, max: "?", type: "string" }];
  const definition = { resourceType: "OperationDefinition", name: "Ä", status: "draft", kind: "operation", code: "x", system: "false", type: true, instance: false, parameter };
  await drop(page, "operation.json", text(JSON.stringify(definition)));
  await verdict(page, "The definition cannot be used");
  await page.getByRole("textbox", { name: "The OperationDefinition" }).waitFor();
  await page.locator(".editor .cm-lintRange-error").first().waitFor();
  assert.ok((await underlined(page)).includes('"?"'), "the cardinality is underlined");
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(16_777_217)], "large.json"));
    document.querySelector(".validator").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await said(page, "large.json is too large.");
});

test("a token is masked, and handed to the inspector", async (t) => {
  const page = await openValidator(t);
  await example(page, "Response, R5");
  await verdict(page, "Valid");
  assert.match(await page.locator(".says").textContent(), /eyJhbGci….{6} 403 characters/);
  await page.getByRole("button", { name: "Inspect this token" }).click();
  await page.waitForFunction(() => location.hash === "#token");
});

test("without the editor a text area does", async (t) => {
  const page = await openPage(t, browser, host.url, { allow: /net::ERR_FAILED/ });
  await page.route("**/editor-*.js", (route) => route.abort());
  await page.goto(`${host.url}#validator`);
  await page.getByText("The editor could not be loaded.").waitFor();
  await page.getByRole("textbox", { name: "The document" }).fill("{");
  await page.locator(".issue-code", { hasText: "invalid-json" }).waitFor();
});

test("what is typed before the editor is there stays, with cursor and focus", async (t) => {
  const page = await openPage(t, browser, host.url);
  let arrive;
  const held = new Promise((resolve) => { arrive = resolve; });
  await page.route("**/editor-*.js", (route) => held.then(() => route.continue()));
  await page.goto(`${host.url}#validator`);
  await page.getByRole("textbox", { name: "The document" }).fill('{"ü": 1}');
  await page.keyboard.press("ArrowLeft");
  arrive();
  await page.locator(".editor .cm-content").waitFor();
  await page.waitForFunction(() => document.activeElement.className === "editor");
  await page.keyboard.type(", ");
  assert.equal(await page.locator(".editor .cm-content").textContent(), '{"ü": 1, }');
});
