// What a runtime must be able to do for wsbind/mock, in one go. The last line is
// "ok", and the server is left to end with the program.
import { attachMock, startMock } from "wsbind/mock";

const binary = process.argv[2];
const same = (got, want) => {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${JSON.stringify(got)} is not ${JSON.stringify(want)}`);
};
const failed = (promise) => promise.then(() => "nothing", ({ code }) => code);

const log = [];
const mock = await startMock({ binary, onLog: (line) => log.push(line) });
same([log.length, mock.seed], [1, 7]);
const attached = await attachMock({ management: mock.management });
same([attached.url, (await attached.tenant()).seed], [mock.url, 7]);
const all = mock.journal.follow();
const next = all.next();
await mock.call("POST", "/fake/entries", { entries: [{ kind: "open" }] });
same((await next).value.n, 1);
const later = all.next();
await mock.call("POST", "/fake/cut", { more: 1 });
await mock.call("POST", "/fake/entries", { entries: [{ kind: "close" }] });
same((await later).value.n, 2);
same((await attached.journal.until({ kind: "close" })).n, 2);
const end = all.next();
await mock.call("POST", "/fake/finding", { code: "colon-bind" });
const { url } = mock;
await mock.restart();
same([mock.url, (await end).done], [url, true]);
await mock.call("POST", "/fake/finding", { code: "colon-bind" });
same(await mock.close(), { code: 1, findings: [{ code: "colon-bind" }] });

const other = await startMock({ binary });
same(await failed(other.call("POST", "/fake/exit", { code: 5 })), "connection-lost");
same((await other.close()).code, 5);
same(await failed(startMock({ binary, args: ["--fake", "dies"] })), "connection-failed");
same(await failed(startMock({ binary: "/nowhere/wsbind" })), "not-found");
await startMock({ binary });
console.log("ok");
