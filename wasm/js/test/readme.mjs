// The programs in a README, and how they are run from the packed package:
//
//   ```js             a program for Node
//   ```html a.html    a page, and
//   ```js a.js        a script of it
//   ```ts             is checked for its types only
//
// What stands behind // → is the line that console.log prints there; … is any
// text. http://127.0.0.1:8080 is a mock server of the test's own, and :8081 its
// management interface.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { listen, strictWithMock } from "./browser/chromium.mjs";
import { binary } from "./mock.mjs";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const MINUTE = 60_000;

/** Returns the fences of a README: [{language, file, text}]. */
export function fences(markdown) {
  return [...markdown.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language, file, text]) => ({ language, file, text }));
}

/** The lines that a program says it prints. */
export const announced = (text) => [...text.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);

/** Throws unless the lines are those announced. */
export function compare(lines, expected) {
  const same = lines.length === expected.length && lines.every((line, i) => pattern(expected[i]).test(line));
  if (!same) throw new Error(`it prints\n${lines.join("\n")}\nand announces\n${expected.join("\n")}`);
}

const pattern = (line) => new RegExp(`^${line.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);

/** A folder in which the packed package is installed as a user would: {folder, remove}. */
export async function install() {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-readme-"));
  const npm = (...args) => run("npm", [...args, "--ignore-scripts", "--silent"], { cwd: folder, timeout: 2 * MINUTE });
  await writeFile(join(folder, "package.json"), '{"type":"module","private":true}');
  await npm("install", "--offline", "--no-audit", "--no-fund", `file:${join(here, "../../../bin/wsbind.tgz")}`);
  await mkdir(join(folder, "node_modules/@types"));
  for (const [from, name] of [["", "ws"], ["..", "@types/node"], ["..", "undici-types"]]) await symlink(join(here, from, "node_modules", name), join(folder, "node_modules", name));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Runs a program in Node and holds what it prints to what it announces. */
export async function runNode(folder, text) {
  await writeFile(join(folder, "program.mjs"), text);
  const { stdout } = await run(process.execPath, ["program.mjs"], { cwd: folder, timeout: MINUTE, env: { ...process.env, WSBIND_BIN: binary } });
  compare(stdout.split("\n").slice(0, -1), announced(text));
}

/** Opens a page in Chromium, with those of the files that it names, and holds what they log to what they announce. */
export async function runPage(folder, page, all) {
  const html = all.find(({ file }) => file === page).text;
  const files = all.filter(({ file }) => file === page || html.includes(file));
  for (const { file, text } of files) await writeFile(join(folder, file), text);
  const expected = files.flatMap(({ text }) => announced(text));
  if (expected.length === 0) throw new Error(`${page} announces nothing that it logs`);
  compare(await listen(folder, `/${page}`, expected.length, { policy: strictWithMock, seconds: 60 }), expected);
}

/** Checks the types of a program; package.test.mjs checks those of the package. */
export async function checkTypes(folder, text) {
  await writeFile(join(folder, "program.ts"), text);
  const tsc = join(here, "../node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", "node", "program.ts"];
  await run(process.execPath, [tsc, ...options], { cwd: folder, timeout: 2 * MINUTE }).catch(({ stdout }) => {
    throw new Error(`it does not compile:\n${stdout}`);
  });
}
