// go test with two additions: what passed stays short, and a test that was
// skipped fails the run unless .ci/skips names it with its reason.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const reasons = readFileSync(new URL("skips", import.meta.url), "utf8")
  .split("\n").filter((line) => /^\S+\s+\S/.test(line) && !line.startsWith("#"))
  .map((line) => line.split(/\s/)[0]);

const go = spawn("go", ["test", "-json", ...process.argv.slice(2)], { stdio: ["ignore", "pipe", "inherit"] });
const status = new Promise((done) => go.on("exit", done));
const output = new Map(); // what a test, or a package, has printed so far
let failed = false;

function ended({ Action, Package, Test }, text) {
  if (Action === "fail") {
    failed = true;
    process.stdout.write(text);
  } else if (Action === "skip" && Test && !reasons.includes(Test)) {
    failed = true;
    console.log(`skipped, and not listed in .ci/skips with a reason: ${Package} ${Test}\n${text}`);
  } else if (!Test) {
    process.stdout.write(text.split("\n").filter((line) => line.startsWith("ok ")).map((line) => line + "\n").join(""));
  }
}

for await (const line of createInterface({ input: go.stdout })) {
  if (!line.startsWith("{")) {
    console.log(line);
    continue;
  }
  const event = JSON.parse(line);
  const key = `${event.Package ?? event.ImportPath} ${event.Test ?? ""}`;
  if (event.Action === "output" || event.Action === "build-output") {
    output.set(key, (output.get(key) ?? "") + event.Output);
  } else if (event.Action === "build-fail") {
    failed = true;
    process.stdout.write(output.get(key) ?? "");
  } else if (["pass", "fail", "skip"].includes(event.Action)) {
    ended(event, output.get(key) ?? "");
    output.delete(key);
  }
}
const code = await status; // null if it was killed
process.exitCode = failed || code !== 0 ? code || 1 : 0;
