// Servers that take the token in the URL: the opening handshake binds, and fails
// as HTTP does.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { restClients } from "./rest.mjs";
import { startServer } from "./server.mjs";
import { sockets } from "./sockets.mjs";
import { readStatus, subscriptionFor } from "./subscriptions.mjs";

let server, rest;
before(async () => {
  server = await startServer("--dialect", "query");
  rest = restClients["fhir-kit-client"](server.fhir("R4"));
});
after(async () => { assert.equal(await server.stop(), 0, "serve ends cleanly"); });

// subscribe returns a Subscription's id, and the URL that binds it once.
async function subscribe() {
  const { id } = await rest.create(subscriptionFor("R4", "Communication"));
  const { parameter } = await rest.operation("$get-ws-binding-token", { id, method: "GET" });
  const { valueUrl } = parameter.find(({ name }) => name === "websocket-url");
  const { valueString } = parameter.find(({ name }) => name === "token");
  return { id, url: withToken(valueUrl, valueString) };
}

function withToken(url, token) {
  const bound = new URL(url);
  bound.searchParams.set("token", token);
  return bound.href;
}

for (const [name, connect] of Object.entries(sockets)) {
  test(`query, ${name}: connecting binds`, { timeout: 30_000 }, async () => {
    const { id, url } = await subscribe();
    const socket = await connect(url);
    const handshake = readStatus("R4", JSON.parse(await socket.next()));
    assert.equal(handshake.type, "handshake");
    assert.match(handshake.subscription, new RegExp(`Subscription/${id}$`));

    const created = await rest.create({ resourceType: "Communication", status: "completed" });
    const event = readStatus("R4", JSON.parse(await socket.next()));
    assert.equal(event.type, "event-notification");
    assert.deepEqual(event.events.map(({ number }) => number), ["1"]);
    assert.match(event.events[0].focus, new RegExp(`Communication/${created.id}$`));
    assert.equal((await socket.close()).code, 1000);
  });
}

// Only ws tells the status of a refused opening handshake; a page never sees it.
const refused = (url, status) => assert.rejects(sockets.ws(url), new RegExp(`\\b${status}\\b`));

test("query: a token is good once", { timeout: 30_000 }, async () => {
  const { url } = await subscribe();
  const socket = await sockets.ws(url);
  await socket.next();
  await refused(url, 401);
  await socket.close();
  await refused(url, 401);
});

test("query: a bad token, or none, is 401", { timeout: 30_000 }, async () => {
  const { url } = await subscribe();
  await refused(withToken(url, "not.a.token"), 401);
  const bare = new URL(url);
  bare.search = "";
  await refused(bare.href, 401);
  await assert.rejects(sockets["browser-style"](bare.href));
});

test("query: a Subscription that is gone is 404", { timeout: 30_000 }, async () => {
  const { id, url } = await subscribe();
  await rest.delete("Subscription", id);
  await refused(url, 404);
});
