// Every program in the READMEs does what it says.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { startMock } from "./mock.mjs";
import { announced, checkTypes, compare, fences, install, runNode, runPage } from "./readme.mjs";

const SERVED = "http://127.0.0.1:8080";
const MANAGED = "http://127.0.0.1:8081";
const readmes = ["../../../README.md", "../README.md"];

let scratch, mock;
before(async () => ([scratch, mock] = await Promise.all([install(), startMock()])));
after(() => Promise.all([scratch?.remove(), mock?.stop()]));

const found = { js: 0, html: 0 };
for (const readme of readmes) {
  const blocks = fences(await readFile(new URL(readme, import.meta.url), "utf8"));
  const files = blocks.filter(({ file }) => file);
  blocks.forEach(({ language, file, text }, i) => {
    const serve = (text) => text.replaceAll(SERVED, mock.url).replaceAll(MANAGED, mock.management);
    const name = `${readme.replaceAll("../", "")}: ${language} ${file ?? announced(text)[0] ?? i}`;
    if (language === "js" && !file) {
      found.js++;
      test(name, () => runNode(scratch.folder, serve(text)));
    } else if (language === "html" && file) {
      found.html++;
      test(name, () => runPage(scratch.folder, file, files.map((f) => ({ ...f, text: serve(f.text) }))));
    } else if (language === "ts") {
      test(name, () => checkTypes(scratch.folder, text));
    }
  });
}

test("there is a session for Node and one for a browser", () => {
  assert.ok(found.js >= 1 && found.html >= 1, JSON.stringify(found));
});

test("what a program prints is compared", async () => {
  compare(["a 1 b", "c"], ["a … b", "c"]);
  assert.throws(() => compare(["a 1 b"], ["a … c"]));
  assert.throws(() => compare(["a", "b"], ["a"]));
  assert.throws(() => compare(["a.b"], ["axb"]));
  assert.deepEqual(announced('console.log(1) // → 1\nconsole.log("x") // → x y'), ["1", "x y"]);
  await assert.rejects(runNode(scratch.folder, "console.log(1) // → 2"));
  await assert.rejects(runPage(scratch.folder, "bad.html", [
    { file: "bad.html", text: "<script>console.log('inline') // → inline\n</script>" },
  ]), /Content Security Policy/);
  await assert.rejects(checkTypes(scratch.folder, 'import { load } from "wsbind"; const n: number = load();'), /TS2322/);
});
