// How the module gets into a runtime, and what is said when it does not.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { test } from "node:test";
import { issuer, load, verifier } from "wsbind";
import { installed, inner, module, rejected, response, wasm } from "./kit/support.mjs";

const file = new URL("dist/wsbind.wasm", installed);
const works = (kit) => assert.equal(kit.validateResponse(response()).valid, true);

/** serve answers every request with some headers and a body until the end of the test. */
async function serve(t, status, headers, body) {
  const server = createServer((_, answer) => answer.writeHead(status, headers).end(body));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => new Promise((closed) => (server.closeAllConnections(), server.close(closed))));
  return `http://127.0.0.1:${server.address().port}/wsbind.wasm`;
}

/** replace puts something in the place of a member of WebAssembly until the end of the test. */
function replace(t, name, value) {
  const was = WebAssembly[name];
  WebAssembly[name] = value;
  t.after(() => (WebAssembly[name] = was));
}

test("a load that failed is tried again by the next", async (t) => {
  const { Module } = WebAssembly;
  replace(t, "Module", class {
    constructor() {
      WebAssembly.Module = Module;
      throw new Error("no memory");
    }
  });
  const both = [load(), load()];
  await Promise.all(both.map((loading) => rejected("incompatible-module", loading)));
  works(await load());
});

test("there is one kit for those who pass no module", async () => {
  const [first, second, third] = await Promise.all([load(), load({}), load({ module: undefined })]);
  works(first);
  assert.ok(first === second && second === third);
  assert.notEqual(await load({ module }), first);
});

test("a module comes in many forms", async (t) => {
  const address = await serve(t, 200, { "content-type": "application/wasm" }, wasm);
  const sources = {
    module, bytes: wasm, "array buffer": new Uint8Array(wasm).buffer, "data view": new DataView(wasm.buffer, wasm.byteOffset, wasm.byteLength),
    promise: Promise.resolve(module), namespace: await namespace(),
    "file URL": file, URL: new URL(address), address, response: await fetch(address), "promise of a response": fetch(address),
    "made-up response": new Response(wasm), "text of a file URL": file.href, "namespace as bundlers make it": { default: module }, "address as bundlers export it": { default: address },
  };
  for (const [name, source] of Object.entries(sources)) {
    works(await load({ module: source }).catch((err) => assert.fail(`${name}: ${err.stack}`)));
  }
});

/** A namespace object with a module as its default, as runtimes make of an import of a .wasm file. */
async function namespace() {
  globalThis.theModule = module;
  try {
    return await import("data:text/javascript,export default globalThis.theModule");
  } finally {
    delete globalThis.theModule;
  }
}

test("it is compiled while it arrives, if its type is named, and after that otherwise", async (t) => {
  const streams = [];
  const { compileStreaming } = WebAssembly;
  replace(t, "compileStreaming", (source) => (streams.push(source), compileStreaming.call(WebAssembly, source)));
  for (const [type, due] of [["application/wasm", 1], ["application/wasm; charset=utf-8", 0], ["application/octet-stream", 0], ["text/html", 0]]) {
    streams.length = 0;
    works(await load({ module: await serve(t, 200, { "content-type": type }, wasm) }));
    assert.equal(streams.length, due, type);
  }
  replace(t, "compileStreaming", undefined);
  works(await load({ module: await serve(t, 200, { "content-type": "application/wasm" }, wasm) }));
});

test("a module that cannot be had is named", async (t) => {
  const gone = await serve(t, 404, {}, "not here");
  const err = await rejected("not-found", load({ module: gone }));
  assert.ok(err.message.includes(gone) && err.message.includes("404"), err.message);
  await rejected("connection-failed", load({ module: await serve(t, 500, {}, "") }));
  await rejected("connection-failed", load({ module: "http://127.0.0.1:1/" }));
  const relative = { [Symbol.toStringTag]: "URL", toString: () => "/assets/wsbind.wasm" }; // as webpack makes them
  assert.match((await rejected("connection-failed", load({ module: relative }))).message, /\/assets\/wsbind\.wasm .*leave wsbind out of the bundle/);
  assert.match((await rejected("not-found", load({ module: new URL("none.wasm", import.meta.url) }))).message, /none\.wasm/);
  assert.match((await rejected("connection-failed", load({ module: Promise.reject(new Error("no way")) }))).message, /no way/);
  const cut = await serve(t, 200, { "content-length": String(wasm.length), connection: "close" }, wasm.subarray(0, 1000));
  await rejected("connection-failed", load({ module: cut }));
  const cutStream = await serve(t, 200, { "content-type": "application/wasm", "content-length": String(wasm.length), connection: "close" }, wasm.subarray(0, 1000));
  assert.match((await rejected("connection-failed", load({ module: cutStream }))).message, /broke off/);
  assert.match((await rejected("connection-failed", load({ module: Response.error() }))).message, /^the Response answers with status 0/);
  const read = await fetch(await serve(t, 200, { "content-type": "application/wasm" }, wasm));
  await read.arrayBuffer();
  assert.match((await rejected("invalid-option", load({ module: read }))).message, /was read before/);
});

test("what is no module of ours is refused", async (t) => {
  const page = await serve(t, 200, { "content-type": "text/html" }, "<!doctype html>");
  assert.ok((await rejected("incompatible-module", load({ module: page }))).message.includes(page));
  await rejected("incompatible-module", load({ module: new Uint8Array() }));
  await rejected("incompatible-module", load({ module: wasm.subarray(0, 1000) }));
  await rejected("incompatible-module", load({ module: emptyModule() }));
  assert.match((await rejected("incompatible-module", load({ module: versionModule(2, 7) }))).message, /ABI 2\.7.*ABI 1/);
  assert.match((await rejected("incompatible-module", load({ module: importingModule() }))).message, /env\.f/);
  for (const source of [7, true, null, {}, [], new Map(), () => module, Symbol("x")]) {
    await rejected("invalid-option", load({ module: source }));
  }
  const gone = new Uint8Array(8);
  structuredClone(gone, { transfer: [gone.buffer] });
  const itself = {};
  itself.default = itself;
  for (const source of [gone, itself, { get default() { throw new Error("stop"); } }]) await rejected("invalid-option", load({ module: source }));
  await rejected("invalid-option", load({ get module() { throw new Error("stop"); } }));
  await rejected("connection-failed", load({ module: { then() { throw Object.create(null); } } }));
  await rejected("invalid-option", load({ modul: module }));
  await rejected("invalid-option", load(null));
  await rejected("invalid-option", load(module));
});

test("the self-contained module serves as well, with WebCrypto for the signatures", async () => {
  const kit = await load({ module: readFile(new URL("../../dist/wsbind-jose.wasm", import.meta.url)) });
  assert.equal(kit.describe().module, "jose");
  works(kit);
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const claims = { iss: "https://fhir.example/R4", aud: "wss://fhir.example/ws", exp: Date.now() / 1000 + 60, subscription: ["1"] };
  const token = await issuer({ key: privateKey, kit }).issue(claims);
  const tokens = verifier({ keys: [publicKey], algorithms: ["ES256"], issuer: claims.iss, audience: claims.aud, kit });
  assert.deepEqual((await tokens.verify(token)).subscription, ["1"]);
});

test("a policy against WebAssembly is named, with what to add to it", async (t) => {
  for (const words of [
    "WebAssembly.compile(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because neither 'wasm-eval' nor 'unsafe-eval' is an allowed source of script",
    "call to WebAssembly.compile() blocked by CSP",
  ]) {
    replace(t, "compile", async () => { throw new WebAssembly.CompileError(words); });
    assert.match((await rejected("forbidden", load({ module: wasm }))).message, /'wasm-unsafe-eval'/);
  }
  replace(t, "compile", async () => { throw new WebAssembly.CompileError("WebAssembly.compile(): Wasm code generation disallowed by embedder"); });
  assert.match((await rejected("forbidden", load({ module: wasm }))).message, /load\(\{ module \}\)/);
});

test("a runtime without WebAssembly is named", async (t) => {
  const { WebAssembly: was } = globalThis;
  delete globalThis.WebAssembly;
  t.after(() => (globalThis.WebAssembly = was));
  await rejected("forbidden", load({ module: wasm }));
});

test("the entries differ in how the module is found, and in nothing else", async () => {
  const index = await inner("index");
  assert.deepEqual(Object.keys(await import("wsbind")), Object.keys(index));
  works(await index.load());
});

// Modules by hand: the preamble, then sections of an id, a size and content.
const preamble = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const name = (text) => [text.length, ...new TextEncoder().encode(text)];
const section = (id, ...content) => [id, content.length, ...content];
const emptyModule = () => Uint8Array.from(preamble);

/** A module whose abi_version answers as told. */
function versionModule(major, minor) {
  const leb = (n) => (n < 64 ? [n] : [(n & 0x7f) | 0x80, ...leb(n >>> 7)]);
  const body = [0, 0x41, ...leb((major << 16) | minor), 0x0b];
  return Uint8Array.from([
    ...preamble, ...section(1, 1, 0x60, 0, 1, 0x7f), ...section(3, 1, 0), ...section(7, 1, ...name("abi_version"), 0, 0), ...section(10, 1, body.length, ...body),
  ]);
}

/** A module that imports a function env.f. */
const importingModule = () => Uint8Array.from([...preamble, ...section(1, 1, 0x60, 0, 0), ...section(2, 1, ...name("env"), ...name("f"), 0, 0)]);
