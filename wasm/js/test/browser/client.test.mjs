// The client in Chromium, against the real mock server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mockActions } from "../client/mocks.mjs";
import { scenarios } from "../client/scenarios.mjs";
import { strictWithMock, visit } from "./chromium.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

// What Chromium logs by itself when a server is gone or refuses a request, which
// some scenarios want. A scenario that does not throws.
const wanted = /net::ERR_CONNECTION_(REFUSED|RESET|CLOSED)|net::ERR_EMPTY_RESPONSE|WebSocket connection to .* failed|WebSocket is already in CLOS|responded with a status of 4/;

test("the client's scenarios in Chromium", async (t) => {
  const { actions, stop } = mockActions();
  t.after(stop);
  const outcomes = JSON.parse(await visit(root, "/browser/client.html", { policy: strictWithMock, actions, allow: wanted }));
  assert.equal(outcomes.length, scenarios.length);
  for (const { name, error } of outcomes) await t.test(name, () => assert.equal(error, undefined));
});
