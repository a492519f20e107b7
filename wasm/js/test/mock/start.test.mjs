// The server as a process: how it is found, started, watched and ended.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startMock } from "wsbind/mock";
import { rejected } from "../kit/support.mjs";
import { fake, startFake } from "./support.mjs";

const flags = async (mock) => (await mock.call("GET", "/fake")).args;

/** Sets variables of the environment until the end of a test. */
function environment(t, variables) {
  const before = { ...process.env };
  t.after(() => {
    for (const name in variables) if (before[name] === undefined) delete process.env[name];
    Object.assign(process.env, before);
  });
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

test("the binary is the option, then the variable, then what is in PATH", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-path-"));
  t.after(() => rm(folder, { recursive: true }));
  await symlink(fake, join(folder, "wsbind"));
  environment(t, { WSBIND_BIN: "/nowhere/wsbind", PATH: `${folder}:${process.env.PATH}` });
  await startFake(t);
  await startFake(t, { binary: pathToFileURL(fake) });
  assert.match((await rejected("not-found", startMock())).message, /"\/nowhere\/wsbind" \(from WSBIND_BIN\).*there is none.*make build/);
  delete process.env.WSBIND_BIN;
  await startFake(t, { binary: undefined });
  process.env.PATH = "/nowhere";
  assert.match((await rejected("not-found", startMock())).message, /"wsbind" \(from PATH, since neither.*option binary/);
  assert.match((await rejected("not-found", startMock({ binary: fileURLToPath(new URL("support.mjs", import.meta.url)) }))).message, /option binary.*EACCES/);
});

test("ports are its own, and every option is a flag", async (t) => {
  const plain = await flags(await startFake(t));
  assert.deepEqual(plain, ["serve", "--json", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0"]);
  const mock = await startFake(t, {
    seed: 7, profile: "hostile", dialect: "medplum", clock: "virtual", start: new Date(0), sharedClock: true,
    scenario: "play.yaml", lifetime: 30, requireAuth: true, args: ["--alg", "ES384"],
  });
  assert.deepEqual((await flags(mock)).slice(plain.length), [
    "--seed=7", "--profile=hostile", "--dialect=medplum", "--clock=virtual", "--start=1970-01-01T00:00:00.000Z",
    "--scenario=play.yaml", "--lifetime=30s", "--shared-clock", "--require-auth", "--alg", "ES384",
  ]);
  assert.equal(mock.seed, 7);
  assert.equal(mock.base("R4"), `${mock.url}/fhir/R4`);
  assert.match(mock.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.notEqual(mock.management, mock.url);
  assert.throws(() => mock.base("R6"), { code: "invalid-option" });
});

for (const [name, options] of Object.entries({
  "a misspelt option": { sede: 1 }, "a seed that is not whole": { seed: 1.5 }, "an unknown profile": { profile: "rude" }, "an unknown dialect": { dialect: "hapi" },
  "an unknown clock": { clock: "fast" }, "a time that is none": { start: new Date(NaN) }, "flags that are no texts": { args: [1] },
  "a tenant's name with a slash": { tenant: "a/b" }, "a timeout that is none": { timeout: -1 }, "an empty binary": { binary: "" }, "onLog that cannot be called": { onLog: true },
})) test(`${name} is refused`, () => rejected("invalid-option", startMock({ binary: fake, ...options })));

test("a server that does not start shows its log", async () => {
  const start = (mode, more) => startMock({ binary: fake, args: ["--fake", mode], ...more });
  assert.match((await rejected("connection-failed", start("dies"))).message, /it ended with exit status 3; the end of its log:\nfirst words\nlast words$/);
  assert.match((await rejected("connection-failed", start("garbage"))).message, /printed "wsbind 0\.1", where.*another version/);
  assert.match((await rejected("connection-failed", start("endless"))).message, /printed "xxx/);
  assert.match((await rejected("timeout", start("silent", { timeout: 0.01 }))).message, /no line within 0\.01 s/);
});

test("a signal ends the start, and the server", async (t) => {
  await rejected("aborted", startMock({ binary: fake, signal: AbortSignal.abort() }));
  const starting = new AbortController();
  const never = startMock({ binary: fake, args: ["--fake", "silent"], signal: starting.signal, onLog: () => starting.abort() });
  await rejected("aborted", never);

  const running = new AbortController();
  const mock = await startFake(t, { signal: running.signal });
  running.abort();
  assert.match((await rejected("aborted", mock.state())).message, /ended by its signal/);
  assert.equal((await mock.close()).code, 0);
});

test("each line of the log is handed over", async (t) => {
  const lines = [];
  const mock = await startFake(t, { onLog: (line) => lines.push(line) });
  await mock.close();
  assert.deepEqual(lines, ['{"msg":"a line of the log"}']);
  assert.equal(mock.log, lines[0]);
});

test("closing says how it ended and what was found, every time", async (t) => {
  const mock = await startFake(t);
  await mock.call("POST", "/fake/finding", { code: "used-dead-token", severity: "error" });
  const closed = await mock.close();
  assert.deepEqual(closed, { code: 1, findings: [{ code: "used-dead-token", severity: "error" }] });
  assert.equal(await mock.close(), closed);
  await mock[Symbol.asyncDispose]();
  assert.match((await rejected("aborted", mock.state())).message, /was closed: start another/);
});

test("one that does not end is killed", async (t) => {
  const mock = await startFake(t, { args: ["--fake", "deaf"] });
  assert.deepEqual(await mock.close({ within: 0.01 }), { code: null, findings: [] });
});

test("one that ended by itself says so to every later call", async (t) => {
  const mock = await startFake(t);
  const died = await rejected("connection-lost", mock.call("POST", "/fake/exit", { code: 4 }));
  assert.match(died.message, /ended by itself, with exit status 4; the end of its log:\n.*\nthe last words$/);
  assert.equal((await rejected("connection-lost", mock.state())).message, died.message);
  assert.equal((await mock.close()).code, 4);
});

test("closing ends a call that is under way", async (t) => {
  const mock = await startFake(t);
  const hanging = rejected("aborted", mock.call("POST", "/fake/hang"));
  await mock.call("GET", "/fake");
  await mock.close();
  await hanging;
});

test("it comes back where it was, with the same seed and nothing in it", async (t) => {
  const mock = await startFake(t);
  const { url, management, pid } = mock;
  await mock.faults.next("gap");
  await mock.kill();
  assert.match((await rejected("aborted", mock.state())).message, /was killed/);
  await mock.restart();
  assert.deepEqual([mock.url, mock.management], [url, management]);
  assert.notEqual(mock.pid, pid);
  assert.deepEqual((await mock.faults.state()).planned, []);
  assert.equal((await flags(mock)).at(-1), "--seed=7");
  await mock.restart();
  await mock.state();
});

/** Runs a program that has started the fake; it resolves when both have ended. */
async function program(t, text, then = () => {}) {
  const watch = createServer();
  await new Promise((resolve) => watch.listen(0, "127.0.0.1", resolve));
  t.after(() => watch.close());
  const begin = `import { startMock } from "wsbind/mock"; await startMock(${JSON.stringify({ binary: fake, args: ["--watch", String(watch.address().port)] })});`;
  const child = execFile(process.execPath, ["--input-type=module", "-e", `${begin} ${text}`], { cwd: fileURLToPath(new URL(".", import.meta.url)) });
  const ended = once(child, "close");
  const [connection] = await once(watch, "connection");
  const lost = once(connection.on("error", () => {}).resume(), "close");
  then(child);
  const [[code, signal]] = await Promise.all([ended, lost]);
  return { code, signal };
}

test("it ends with a program that does not close it, which it does not keep from ending", async (t) => {
  assert.deepEqual(await program(t, ""), { code: 0, signal: null });
});

test("it ends with a program that exits, or fails", async (t) => {
  assert.equal((await program(t, "process.exit(5);")).code, 5);
  assert.equal((await program(t, "throw new Error('no');")).code, 1);
});

test("it ends with a program that gets a signal, which has its effect", async (t) => {
  const forever = "process.stdout.write('up'); setInterval(() => {}, 1e6);";
  const whenUp = (act) => (child) => child.stdout.once("data", () => act(child));
  assert.deepEqual(await program(t, forever, whenUp((child) => child.kill("SIGTERM"))), { code: null, signal: "SIGTERM" });
  const own = `process.on("SIGTERM", () => process.exit(6)); ${forever}`;
  assert.equal((await program(t, own, whenUp((child) => child.kill("SIGTERM")))).code, 6);
});
