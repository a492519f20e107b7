// What changed behind a ping: searches by the Subscription's own criteria.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isFetchable } from "../node_modules/wsbind/dist/edge/upstream/fetch.js";
import { readPage } from "../node_modules/wsbind/dist/edge/upstream/searchset.js";
import { base, bridged, json, publicBase, settle, subscription } from "./bridged.mjs";

/** A Subscription whose changes are fetched. */
function fetching(t, { criteria = "Encounter?status=planned", content = "id-only", ...more } = {}) {
  const all = bridged(t, "legacy", { fetchResources: true, subscriptions: { s1: { criteria, content } }, ...more });
  const { server } = all;
  const searches = () => server.asked("Encounter").map(({ path }) => decodeURIComponent(path));
  return { ...all, searches };
}

/** The ids of the resources that a channel's notifications are about. */
function told({ listener }) {
  return listener.frames.flatMap(({ entry }) => entry.slice(1)).map(({ fullUrl }) => fullUrl.split("/").at(-1));
}

/** Waits until nothing more is searched for. */
async function quiet(searches) {
  let before;
  do {
    before = searches().length;
    await settle();
  } while (searches().length > before);
}

for (const fhir of ["R4", "R4B"]) {
  for (const content of ["id-only", "full-resource"]) {
    test(`each changed resource is an event, ${content} in ${fhir}`, async (t) => {
      const { server, channel } = fetching(t, { fhir, content });
      const a = channel();
      await a.bind("s1");
      server.change("e1");
      server.change("e2", 7);
      server.emit("s1");
      await settle();
      assert.deepEqual(a.take(), ["handshake s1 0", "event-notification s1 1", "event-notification s1 2"]);
      const [, first, second] = a.listener.frames;
      for (const [bundle, id] of [[first, "e1"], [second, "e2"]]) {
        assert.match(JSON.stringify(bundle.entry[0]), new RegExp(`${publicBase}/Encounter/${id}`));
        if (content === "full-resource") assert.equal(bundle.entry[1].resource.id, id);
        else assert.equal(bundle.entry[1]?.resource, undefined);
      }
    });
  }
}

test("what was there before the bind is no event, and no version is one twice", async (t) => {
  const { clock, server, channel, searches } = fetching(t, { content: "full-resource" });
  server.change("old");
  await clock.advance(60_000);
  server.change("e1");
  const a = channel();
  await a.bind("s1");
  server.change("e2"); // in the same millisecond
  server.emit("s1");
  await settle();
  server.emit("s1");
  await settle();
  await clock.advance(1_000);
  server.change("e1", 2);
  server.emit("s1");
  await settle();
  assert.deepEqual(told(a), ["e2", "e1"]);
  assert.deepEqual(searches(), [
    "/fhir/Encounter?status=planned&_sort=-_lastUpdated&_count=100",
    "/fhir/Encounter?status=planned&_lastUpdated=ge2026-03-01T12:00:55.000Z&_sort=_lastUpdated&_count=100",
    "/fhir/Encounter?status=planned&_lastUpdated=ge2026-03-01T12:00:55.000Z&_sort=_lastUpdated&_count=100",
    "/fhir/Encounter?status=planned&_lastUpdated=ge2026-03-01T12:00:55.000Z&_sort=_lastUpdated&_count=100",
  ]);
  assert.ok(server.asked("Encounter").every(({ headers }) => headers.get("cache-control") === "no-cache" && headers.get("authorization") === "Bearer secret"));
});

test("criteria without a query, and a server with nothing in it", async (t) => {
  const { server, channel, searches } = fetching(t, { criteria: "Encounter", content: "full-resource" });
  const a = channel();
  await a.bind("s1");
  server.change("e1");
  server.emit("s1");
  await settle();
  assert.deepEqual(told(a), ["e1"]);
  assert.deepEqual(searches(), ["/fhir/Encounter?_sort=-_lastUpdated&_count=100", "/fhir/Encounter?_sort=_lastUpdated&_count=100"]);
});

test("a change that is seen later than one that was stamped after it is found", async (t) => {
  const { clock, server, channel } = fetching(t, { content: "full-resource" });
  const a = channel();
  await a.bind("s1");
  server.change("slow");
  const [slow] = server.resources.splice(0);
  await clock.advance(2_000);
  server.change("fast");
  server.emit("s1");
  await settle();
  server.resources.unshift(slow);
  server.emit("s1");
  await settle();
  assert.deepEqual(told(a), ["fast", "slow"]);
});

test("pings that come during a search lead to one more", async (t) => {
  const { server, channel, searches } = fetching(t);
  const a = channel();
  await a.bind("s1");
  for (let i = 1; i <= 5; i++) {
    server.change(`e${i}`);
    server.emit("s1");
  }
  await settle();
  assert.deepEqual(a.take().slice(1), [1, 2, 3, 4, 5].map((n) => `event-notification s1 ${n}`));
  assert.equal(searches().length, 3); // with that of the bind
});

test("a ping behind which nothing is new is reported to the operator only", async (t) => {
  const { server, channel, events } = fetching(t);
  const a = channel();
  await a.bind("s1");
  server.emit("s1");
  await settle();
  assert.deepEqual(a.take(), ["handshake s1 0"]);
  assert.deepEqual(events.filter(({ event }) => event === "fetch-empty").map(({ subscriptions }) => subscriptions), [["s1"]]);
});

test("a search has many pages; what is beyond them is searched for anew", async (t) => {
  const { server, channel, clock, searches } = fetching(t, { content: "full-resource" });
  const a = channel();
  await a.bind("s1");
  server.pageSize = 1;
  for (let i = 0; i < 150; i++) {
    server.change(`e${i}`);
    await clock.advance(100);
  }
  server.emit("s1");
  await quiet(searches);
  assert.deepEqual(told(a), Array.from({ length: 150 }, (_, i) => `e${i}`));
});

test("what is behind more changes of one moment than are read is missed, and what comes later is not", async (t) => {
  const { server, channel, clock, events, searches } = fetching(t, { content: "full-resource" });
  const a = channel();
  await a.bind("s1");
  server.pageSize = 1;
  for (let i = 0; i < 101; i++) server.change(`e${i}`);
  server.emit("s1");
  await quiet(searches);
  assert.equal(told(a).length, 100);
  assert.match(events.find(({ event }) => event === "fetch-empty").detail, /missed/);
  await clock.advance(1);
  server.change("later");
  server.emit("s1");
  await quiet(searches);
  assert.deepEqual(told(a).slice(100), ["later"]);
});

test("a next page is read from the FHIR server only", async (t) => {
  for (const url of ["http://evil.example/fhir/Encounter?page=2", "http://server.example/other?page=2", "http://server.example/fhirx?page=2", "/fhir2", "http://server.example/fhir/../x", "http://["]) {
    const { server, channel } = fetching(t);
    const a = channel();
    await a.bind("s1");
    server.intercept = ({ path }) => path.includes("Encounter") ? json(200, { resourceType: "Bundle", type: "searchset", link: [{ relation: "next", url }] }) : undefined;
    const before = server.requests.length;
    server.emit("s1");
    await settle();
    assert.equal(server.requests.length, before + 1, url);
  }
  const { server, channel } = fetching(t);
  const a = channel();
  await a.bind("s1");
  server.intercept = ({ path }) => path.includes("_lastUpdated") ? json(200, { resourceType: "Bundle", link: [{ relation: "next", url: `${base}?_getpages=1` }] }) : undefined;
  server.emit("s1");
  await settle();
  assert.equal(server.requests.at(-1).path, "/fhir?_getpages=1");
});

test("pages that are too large are asked for in halves, also at the bind", async (t) => {
  const { server, channel, clock, searches } = fetching(t, { content: "full-resource" });
  const big = () => server.change(`b${server.resources.length}`, 1, { text: { status: "generated", div: `<div xmlns="http://www.w3.org/1999/xhtml">${"x".repeat(100_000)}</div>` } });
  for (let i = 0; i < 15; i++) big();
  const a = channel();
  await a.bind("s1");
  assert.deepEqual(searches().slice(0, 5).map((path) => /_count=(\d+)/.exec(path)[1]), ["100", "50", "25", "12", "6"]);
  await clock.advance(60_000);
  for (let i = 0; i < 8; i++) big();
  server.emit("s1");
  await quiet(searches);
  assert.deepEqual(told(a), Array.from({ length: 8 }, (_, i) => `b${15 + i}`));
});

test("a Subscription that asks for more than before is connected anew", async (t) => {
  const { clock, server, channel } = fetching(t, { content: "empty" });
  const a = channel();
  await a.bind("s1");
  server.subscriptions.set("s1", subscription("R4", "s1", { criteria: "Encounter", content: "full-resource" }));
  const bind = a.bind("s1");
  await clock.advance(1_000);
  await bind;
  assert.deepEqual(a.take(), ["handshake s1 0", "lost upstream-unavailable", "handshake s1 0", "handshake s1 0"]);
  server.change("e1");
  server.emit("s1");
  await settle();
  assert.deepEqual(told(a), ["e1"]);
});

test("what a search brings along is no event", async (t) => {
  const { server, channel } = fetching(t, { content: "full-resource" });
  const a = channel();
  await a.bind("s1");
  server.change("e1");
  const [resource] = server.resources;
  const entry = [
    { resource: { ...resource, id: "inc" }, search: { mode: "include" } }, { resource: { resourceType: "OperationOutcome", id: "o" }, search: { mode: "outcome" } },
    { resource: { ...resource, resourceType: "Patient", id: "p" } }, { resource },
  ];
  server.intercept = ({ path }) => path.includes("Encounter") ? json(200, { resourceType: "Bundle", entry }) : undefined;
  server.emit("s1");
  await settle();
  assert.deepEqual(told(a), ["e1"]);
});

test("a page that leads to itself is not followed without end", async (t) => {
  const { server, channel, searches } = fetching(t);
  const a = channel();
  await a.bind("s1");
  const link = [{ relation: "next", url: `${base}/Encounter?again` }];
  server.intercept = ({ path }) => path.includes("Encounter") ? json(200, { resourceType: "Bundle", link }) : undefined;
  server.emit("s1");
  await quiet(searches);
  assert.ok(searches().length < 250, `${searches().length} searches`);
});

test("what changed while the server was away is told when it is back", async (t) => {
  const { clock, server, channel, events } = fetching(t, { content: "full-resource" });
  const a = channel();
  await a.bind("s1");
  server.fall();
  await clock.advance(1_000);
  server.change("e1");
  server.down = false;
  await clock.advance(10_000);
  assert.deepEqual(told(a), ["e1"]);
  assert.deepEqual(a.take().filter((what) => !what.startsWith("handshake")), ["lost upstream-unavailable", "event-notification s1 1"]);
  assert.ok(!events.some(({ event }) => event === "fetch-empty"));
});

test("a search that fails is a loss, after which nothing is missing", async (t) => {
  const { clock, server, channel } = fetching(t, { content: "full-resource" });
  const a = channel();
  await a.bind("s1");
  server.change("e1");
  server.intercept = ({ path }) => path.includes("Encounter") ? json(500, "") : undefined;
  server.emit("s1");
  await clock.advance(3_000);
  assert.equal(a.take()[1], "lost upstream-unavailable");
  server.intercept = () => undefined;
  await clock.advance(10_000);
  assert.deepEqual(told(a), ["e1"]);
});

test("searches that are refused end the channel after patience", async (t) => {
  for (const answer of [() => json(400, ""), () => json(200, "<html>"), () => json(200, { resourceType: "Patient" })]) {
    const { clock, server, channel } = fetching(t);
    const a = channel();
    await a.bind("s1");
    server.intercept = ({ path }) => path.includes("Encounter") ? answer() : undefined;
    server.emit("s1");
    await clock.advance(120_000);
    assert.equal(a.take().at(-1), "failed upstream-refused");
    assert.ok(server.sockets.length < 40, `${server.sockets.length} sockets`);
  }
});

test("a bind fails where the criteria cannot be searched", async (t) => {
  const { server, channel } = fetching(t);
  server.intercept = ({ path }) => path.includes("Encounter") ? json(400, "") : undefined;
  await assert.rejects(channel().bind("s1"), { code: "upstream-refused" });
  assert.equal(server.sockets.length, 0);
});

test("which criteria are a search", () => {
  for (const good of ["Encounter", "Encounter?", "Encounter?status=planned&subject=Patient/1"]) assert.ok(isFetchable(good), good);
  for (const bad of ["", "http://x/topic", "encounter", "Encounter/1", "Encounter?a b", "Encounter?x#y", "../Patient", "Encounter\n"]) assert.ok(!isFetchable(bad), bad);
});

test("resources are cut out as they are written", () => {
  const entry = (resource) => `{ "fullUrl" : "http://x/a" , "resource" : ${resource} , "search":{"mode":"match"} }`;
  const texts = [
    '{"resourceType":"A","id":"1","meta":{"versionId":"2","lastUpdated":"2026-03-01T12:00:00Z"},"n":1.50,"e":1E+2,"s":"}]\\"\\\\","a":[[],{"resource":{}}]}',
    '{"resourceType":"B",\n "id" : "2" , "t":"\\u007b \\\\\\" {"}',
  ];
  const bundle = `{"entry":[{"resource":{"id":"not this"}}],"x":"\\"entry\\":[","resourceType":"Bundle" , "entry" : [${texts.map(entry)}, {"resource":null}, {}, 7, ${entry('{"resourceType":"C"}')}],` +
    '"link":[{"relation":"self","url":"s"},{"relation":"next","url":"n"}]}';
  const { found, next } = readPage(bundle);
  assert.deepEqual(found.map(({ text }) => text), texts);
  assert.deepEqual(found.map(({ version, updated }) => [version, updated]), [["A/1/2", Date.parse("2026-03-01T12:00:00Z")], ["B/2/", NaN]]);
  assert.equal(next, "n");
  assert.deepEqual(readPage('{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"A","id":"1"},"search":{"mode":"include"}}]}'), { found: [], next: undefined });
  for (const none of ["", "[]", "null", '{"resourceType":"Patient"}', '{"resourceType":"Bundle"']) assert.equal(readPage(none), null);
  for (const odd of ['{"resourceType":"Bundle"}', '{"resourceType":"Bundle","entry":{}}', '{"resourceType":"Bundle","entry":[]}', '{"resourceType":"Bundle","entry":"[","link":7}']) {
    assert.deepEqual(readPage(odd), { found: [], next: undefined });
  }
});
