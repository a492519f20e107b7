// What the tests of the kit share: documents, and a look behind the kit.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

/** The packed package, as it is installed, and parts of it that it does not export. */
export const installed = new URL("../node_modules/wsbind/", import.meta.url);
export const inner = (name) => import(new URL(`dist/${name}.js`, installed));
export const wasm = await readFile(new URL("dist/wsbind.wasm", installed));
export const module = await WebAssembly.compile(wasm);

/** An answer of $get-ws-binding-token; changes replace its parameters, undefined drops one. */
export function response(changes = {}) {
  const parameters = {
    token: { valueString: "a.b.c" },
    expiration: { valueDateTime: "2026-01-02T12:05:00Z" },
    "websocket-url": { valueUrl: "wss://fhir.example/ws" },
    ...changes,
  };
  const parameter = Object.entries(parameters).filter(([, value]) => value !== undefined).map(([name, value]) => ({ name, ...value }));
  return { resourceType: "Parameters", parameter };
}

/** A definition of an operation with one input, and a request that fits it. */
export function definition(code) {
  return {
    resourceType: "OperationDefinition", url: `https://example.org/${code}`, status: "active", kind: "operation",
    name: "Example", code, system: false, type: true, instance: false, resource: ["Subscription"],
    parameter: [{ name: code, use: "in", min: 1, max: "1", type: "string" }],
  };
}
export const request = (code) => ({ resourceType: "Parameters", parameter: [{ name: code, valueString: "x" }] });

/** codes returns the codes of a list of issues. */
export const codesOf = (issues) => issues.map(({ code }) => code);

/** thrown returns the error of a call, which must be of the one kind. */
export function thrown(code, call) {
  let error;
  assert.throws(call, (err) => ((error = err), true));
  return checked(code, error);
}

/** rejected returns the error of a promise, which must be of the one kind. */
export async function rejected(code, promise) {
  return checked(code, await promise.then(() => assert.fail(`no error ${code}`), (err) => err));
}

function checked(code, err) {
  assert.equal(err?.name, "WsbindError", err?.stack ?? String(err));
  assert.equal(err.code, code, err.message);
  assert.ok(err.message.length > 10, "the message says nothing");
  return err;
}

/**
 * watch makes what is loaded next visible: it returns the exports of every
 * instance, the latest last, until the end of the test.
 */
export function watch(t, change = (exports) => exports) {
  const made = [];
  const { Instance, instantiate } = WebAssembly;
  const note = (instance) => {
    const exports = change({ ...instance.exports }, made.length);
    made.push(exports);
    return { exports };
  };
  WebAssembly.Instance = function (...args) {
    return note(new Instance(...args));
  };
  WebAssembly.instantiate = async (...args) => note(await instantiate.call(WebAssembly, ...args));
  t.after(() => Object.assign(WebAssembly, { Instance, instantiate }));
  return made;
}

/** ruin makes an instance trap in its next call, as a fault of memory would. */
export const ruin = (exports) => new Uint8Array(exports.memory.buffer).fill(0xff);
