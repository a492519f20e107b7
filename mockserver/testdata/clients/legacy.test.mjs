// The websocket of R4's own Subscription: "bind ID", "bound ID", and "ping ID"
// for each event. No package on npm speaks it, so the clients are plain sockets.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { restClients } from "./rest.mjs";
import { startServer } from "./server.mjs";
import { sockets } from "./sockets.mjs";

let server, rest, url;
before(async () => {
  server = await startServer("--dialect", "legacy");
  rest = restClients["fhir-kit-client"](server.fhir("R4"));
  url = `${server.base.replace(/^http/, "ws")}/websocket`;
});
after(async () => { assert.equal(await server.stop(), 0, "serve ends cleanly"); });

const subscribe = (criteria) => rest.create({
  resourceType: "Subscription",
  status: "requested",
  reason: "a test",
  criteria,
  channel: { type: "websocket" },
});
const communication = (status) => rest.create({ resourceType: "Communication", status });

for (const [name, connect] of Object.entries(sockets)) {
  test(`legacy, ${name}: bind, bound, and a ping for each event`, { timeout: 30_000 }, async () => {
    const { id, status } = await subscribe("Communication?status=completed");
    assert.equal(status, "active");
    const socket = await connect(url);
    socket.send(`bind ${id}`);
    assert.equal(await socket.next(), `bound ${id}`);

    await communication("preparation");
    for (let i = 0; i < 2; i++) {
      await communication("completed");
      assert.equal(await socket.next(), `ping ${id}`);
    }
    const { code } = await socket.close();
    assert.equal(code, 1000);
    assert.equal(socket.pending(), 0, "nothing but a ping for each event that matched");
  });

  test(`legacy, ${name}: an id that is none ends the connection`, { timeout: 30_000 }, async () => {
    const socket = await connect(url);
    socket.send("bind no-such-subscription");
    assert.equal((await socket.closed).code, 1002);
    assert.equal(socket.pending(), 0);
  });
}
