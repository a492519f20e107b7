// What the adapters make of their runtimes' sockets, in each of them.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { WebSocket, WebSocketServer } from "ws";
import { worker } from "../../conformance/bundle.mjs";
import { nodeGate } from "wsbind/edge/node";
import { denoGate } from "../../node_modules/wsbind/dist/edge/deno.js";
import { fake } from "./fake.mjs";
import { commands, serve } from "../list/runtimes.mjs";
import { freePort } from "../ports.mjs";
import { exchange, frame, RawClient } from "../list/raw.mjs";
import { serving } from "../list/workerd.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const badUTF8 = frame(Buffer.from([0x65, 0xff]));
const big = frame("x".repeat(70_000));

// What a runtime does with frames that are none of a gate's: a goodbye by itself,
// the end of the connection, or it hands them over. Deno refuses what offers h2c
// and has a body.
const runtimes = [
  { name: "Node", start: program("Node"), badUTF8: 1007, big: 1009 },
  { name: "Bun", start: program("Bun"), badUTF8: 1007, big: 1009 },
  { name: "Deno", start: program("Deno"), badUTF8: undefined, big: "70000", h2c: /^(HTTP\/1\.1 400 |$)/ },
  { name: "workerd", start: inWorkerd, badUTF8: "2", big: "70000", alone: "true" },
];

function program(name) {
  return (port) => serve([...commands[name], at(`${name.toLowerCase()}.mjs`)], { port });
}

async function inWorkerd(port) {
  const folder = await mkdtemp(join(tmpdir(), "wsbind-workerd-"));
  try {
    await worker(at("worker.mjs"), folder, []);
    return await serve(await serving(folder, port, { objects: { GATE: "Gate" } }), { port });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const { name, start, ...does } of runtimes) {
  describe(name, { timeout: 60_000 }, () => {
    let server, url;
    const log = async () => (await fetch(`${server.origin}/log`)).json();
    const logged = async (line) => {
      const lines = await log();
      while (!lines.includes(line)) lines.push(...(await log()));
      return lines;
    };
    before(async () => {
      server = await start(await freePort());
      url = `${server.origin.replace("http", "ws")}/ws`;
    });
    after(() => server?.stop());

    test("frames go both ways", async () => {
      const client = new RawClient(url, [frame("echo one"), frame("echo two")]);
      const { frames } = await client.until((answer) => answer.frames.length === 2);
      assert.deepEqual(frames, ["one", "two"]);
      client.destroy();
      assert.deepEqual(await logged("closed"), ["opened", "8 characters", "8 characters", "closed"]);
    });

    test("a binary frame is null", async () => {
      const client = new RawClient(url, [frame("echo", 2)]);
      assert.deepEqual((await client.until(({ frames }) => frames.length > 0)).frames, ["null"]);
      client.destroy();
      assert.deepEqual(await logged("closed"), ["opened", "binary", "closed"]);
    });

    test("a goodbye has its code and word", async () => {
      const { close } = await exchange(url, [frame("echo one"), frame("close")]);
      assert.deepEqual(close, { code: 1013, reason: "slow-reader" });
      assert.deepEqual((await logged("closed")).filter((line) => line === "closed"), ["closed"]);
    });

    test("a client's goodbye is answered", async () => {
      const socket = new WebSocket(url);
      await new Promise((resolve) => socket.on("open", resolve));
      const code = new Promise((resolve) => socket.on("close", resolve));
      socket.close(1000);
      assert.equal(await code, 1000);
      assert.deepEqual(await logged("closed"), ["opened", "closed"]);
    });

    test("an offered subprotocol is ignored", async () => {
      const client = new RawClient(url, [], { headers: { "sec-websocket-protocol": "a, b" } });
      const { headers } = await client.until(({ status }) => status === 101);
      assert.deepEqual(headers.filter((header) => header.startsWith("sec-websocket-protocol")), []);
      client.destroy();
      await logged("closed");
    });

    test("a socket is alone in a Worker outside of a Durable Object, and nowhere else", async () => {
      for (const [headers, alone] of [[{}, "false"], [{ "x-plain": "1" }, does.alone ?? "false"]]) {
        const client = new RawClient(url, [frame("alone")], { headers });
        assert.deepEqual((await client.until(({ frames }) => frames.length > 0)).frames, [alone]);
        client.destroy();
        if (alone === "false") await logged("closed");
      }
    });

    test("a handshake that the gate refuses", async () => {
      const { status, body } = await exchange(url, [frame("echo one")], { headers: { origin: "https://evil.example" } });
      assert.equal(status, 403);
      assert.match(body, /no/);
      assert.deepEqual(await log(), []);
      assert.equal((await fetch(`${server.origin}/ws`)).status, 426);
    });

    test("a handshake without its key", async () => {
      const { status } = await exchange(url, [], { headers: { "sec-websocket-key": undefined } });
      assert.equal(status, 400);
    });

    for (const [what, bytes, expected] of [["is no UTF-8", badUTF8, does.badUTF8], ["is too long", big, does.big]]) {
      test(`a frame that ${what}`, async () => {
        const client = new RawClient(url, [bytes]);
        const answer = await Promise.race([client.ended, client.until(({ frames }) => frames.length > 0)]);
        client.destroy();
        assert.equal(answer.close?.code ?? answer.frames[0], expected);
        await logged("closed");
      });
    }

    test("what waits for a client that does not read is told", async () => {
      const client = new RawClient(url);
      await client.until(({ status }) => status === 101);
      client.sleep();
      client.send(frame("push"));
      const lines = await logged("pushed");
      assert.ok(lines.includes("backlog"), `${lines}`);
      const { frames, close } = await client.wake();
      assert.equal(frames.at(-1), "last");
      assert.deepEqual(close, { code: 1013, reason: "slow-reader" });
      if (!lines.includes("closed")) await logged("closed");
    });

    test("a request is answered", async () => {
      const sent = "x".repeat(1_000_000);
      const response = await fetch(`${server.origin}/echo?q=1`, { method: "POST", body: sent, headers: { "x-is": "y" } });
      assert.equal(response.status, 201);
      assert.equal(response.headers.get("x-was"), "y");
      assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
      assert.equal(await response.text(), sent);
      assert.equal(await (await fetch(`${server.origin}//other/ws`)).text(), "GET //other/ws");
    });

    test("a handler that throws is a 500 that says nothing", async () => {
      const response = await fetch(`${server.origin}/throws`);
      assert.deepEqual([response.status, await response.text()], [500, ""]);
    });

    test("a request that offers h2c is answered", async () => {
      const answer = await offering(server.origin, "POST /echo", "x-is: y\r\ncontent-length: 5\r\n\r\nhello");
      assert.match(answer, does.h2c ?? /^HTTP\/1\.1 201 [^]*hel[^]*lo/);
      assert.match(await offering(server.origin, "GET /nothing", "\r\n"), /^HTTP\/1\.1 404 [^]*GET \/nothing/);
    });
  });
}

test("an adapter of another runtime cannot be imported", async () => {
  for (const name of ["bun", "deno", "workerd"]) await assert.rejects(import(`wsbind/edge/${name}`), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
});

test("who answers no ping is cut off on Node", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  const { gate, handle } = fake();
  nodeGate(server, { WebSocketServer, gate, handle, pingInterval: 0.05 });
  await once(server, "listening");
  const url = `ws://127.0.0.1:${server.address().port}/ws`;
  const here = new WebSocket(url);
  const pinged = new Promise((resolve) => {
    let pings = 0;
    here.on("ping", () => ++pings === 3 && resolve());
  });
  const { status, close } = await new RawClient(url).ended;
  assert.deepEqual([status, close], [101, undefined]);
  await pinged;
  assert.equal(here.readyState, 1);
  here.terminate();
});

// Whatever a handler answers and a client sends, the process lives and lets go of the socket.
test("requests on Node that end badly", async (t) => {
  const seen = [];
  const { gate } = fake();
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  nodeGate(server, { WebSocketServer, gate, handle: ({ url }) => (seen.push(url), Response.error()) });
  await once(server, "listening");
  const ask = async (...lines) => {
    const gone = once(server, "connection").then(([socket]) => once(socket, "close"));
    const client = connect({ port: server.address().port, host: "127.0.0.1", allowHalfOpen: true });
    let text = "";
    client.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on("error", () => {});
    client.write(`${lines.join("\r\n")}\r\n\r\n`);
    await Promise.all([gone, new Promise((heard) => client.on("end", heard).on("close", heard))]);
    client.destroy();
    return text.split("\r\n", 1)[0];
  };
  const opening = ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA=="];
  assert.equal(await ask("GET /ws HTTP/1.1", "host: x", "origin: https://evil.example", ...opening), "HTTP/1.1 403 Forbidden");
  for (const host of ["x/fhir?", "x#", "x\\\\y", "u@x", ""]) {
    assert.equal(await ask("GET /a HTTP/1.1", `host: ${host}`, "connection: close"), "HTTP/1.1 400 Bad Request", host);
  }
  assert.deepEqual(seen, []);
  await ask("GET /a HTTP/1.1", "host: x:80", "connection: close");
  await ask("GET /b HTTP/1.1", "host: [::1]", "connection: upgrade", "upgrade: h2c");
  assert.deepEqual(seen, ["http://x/a", "http://[::1]/b"]);
});

test("what is no gate is refused at once", () => {
  const { gate, handle } = fake();
  for (const options of [{ handle }, { gate }, { gate, handle: "front" }, { gate, handle, hanlde: handle }, { gate, handle, pingInterval: 0 }, null]) {
    for (const make of [() => nodeGate(createServer(), options), () => denoGate(options)]) assert.throws(make, { code: "invalid-option" });
  }
});

// In two writes, and ends when the server does.
function offering(origin, line, rest) {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(`${line} HTTP/1.1\r\nhost: x\r\nconnection: close, upgrade\r\nupgrade: h2c\r\n${rest.slice(0, -2)}`, () => socket.write(rest.slice(-2)));
  return new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on("error", () => {}).on("close", () => resolve(text));
  });
}
