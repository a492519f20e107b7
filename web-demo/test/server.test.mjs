// Whether there is a server, and whether it is still the one that was known.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importTS } from "./bundle.mjs";

const about = { base: "http://127.0.0.1:8080", fhir: {}, jwks: "http://127.0.0.1:8080/.well-known/jwks.json", management: null, started: "2030-01-01T12:00:00Z" };

/** Has the page look once, and be answered so; null is no answer. */
async function look({ watchServer, server }, t, said) {
  t.mock.method(globalThis, "fetch", async () => {
    if (said === null) throw new TypeError("Failed to fetch");
    return Response.json(said);
  });
  await watchServer();
  return server.value;
}

test("a server that was out of reach is the same, and one that started anew is another", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = await importTS("../src/server.ts");
  const first = await look(page, t, about);
  assert.equal(first.state, "there");
  assert.equal(await look(page, t, { ...about }), first);
  assert.equal((await look(page, t, null)).state, "away");
  const back = await look(page, t, { ...about });
  assert.equal(back.state, "there");
  assert.equal(back.about, first.about, "what was known holds");
  await look(page, t, null);
  assert.notEqual((await look(page, t, { ...about, started: "2030-01-01T13:00:00Z" })).about, first.about);
});

test("a static host has no server, and none is looked for again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = await importTS("../src/server.ts");
  assert.equal((await look(page, t, {})).state, "none");
  assert.equal((await look(page, t, { base: "x" })).state, "none");
});
