import { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { bytesOf } from "./input.js";
import { Kit } from "./kit.js";
import { readOptions, refuse, show, why } from "./options.js";

/**
 * Where the module comes from: its address, an answer of `fetch`, its bytes, or
 * a compiled `WebAssembly.Module`, also as the namespace of an import.
 */
export type ModuleSource = string | URL | Response | ArrayBuffer | ArrayBufferView | object;

/** How a kit is made. */
export interface LoadOptions {
  /**
   * The module, or a promise of it. Default is the `wsbind.wasm` of this package,
   * found as the runtime allows. It is needed where a bundler loses track of
   * that file, and where a page has the module already.
   */
  readonly module?: ModuleSource | Promise<ModuleSource> | undefined;
}

/** What differs between runtimes; the entries in runtime/ say so. */
export interface Runtime {
  /** The module of this package. */
  readonly module?: ModuleSource;
  /** Reads a file, where fetch does not: nobody waits for a frame there, and the file is compiled on the spot. */
  readonly readFile?: (url: URL) => Promise<Uint8Array>;
}

let runtime: Runtime = {};

/** setRuntime tells load where it runs. */
export function setRuntime(here: Runtime): void {
  runtime = here;
}

/** The one kit of those who pass no module. */
let shared: Promise<Kit> | undefined;

/**
 * load makes a kit: it compiles the module and starts an instance. Without
 * options there is one kit for all callers; a load that failed is tried again by
 * the next.
 *
 * ```js
 * const kit = await load()
 * kit.validateResponse(text).valid
 * ```
 *
 * It fails with `not-found` or `connection-failed` where the module cannot be
 * had, `forbidden` where the page's Content-Security-Policy or the runtime does
 * not let it be compiled, and `incompatible-module` where it is another one.
 */
export async function load(options: LoadOptions = {}): Promise<Kit> {
  const { module } = readOptions("load", options, ["module"]);
  if (module !== undefined) return start(module);
  const loading = (shared ??= start(runtime.module ?? besideThis()));
  try {
    return await loading;
  } catch (err) {
    if (shared === loading) shared = undefined;
    throw err;
  }
}

/** besideThis is where the module lies in the package. Bundlers that copy it look for this very expression. */
function besideThis(): URL {
  try {
    return new URL("./wsbind.wasm", import.meta.url);
  } catch (err) {
    throw new WsbindError("not-found", "the module is not found from within a bundle without import.meta.url: leave wsbind out of the bundle, or pass the module to load({ module })", { cause: err });
  }
}

async function start(source: ModuleSource | Promise<ModuleSource>): Promise<Kit> {
  if (typeof WebAssembly === "undefined") {
    throw new WsbindError("forbidden", "this runtime has no WebAssembly: it is turned off, as by Lockdown Mode or --jitless");
  }
  const module = await compile(await awaited(source));
  try {
    return new Kit(await Engine.start(module));
  } catch (err) {
    throw err instanceof WsbindError ? err : new WsbindError("incompatible-module", `the module cannot be started: ${why(err)}`, { cause: err });
  }
}

async function awaited(source: ModuleSource | Promise<ModuleSource>): Promise<ModuleSource> {
  try {
    return await source;
  } catch (err) {
    throw new WsbindError("connection-failed", `the promise of the module was not kept: ${why(err)}`, { cause: err });
  }
}

/** compile looks at what it has by shape, not by instanceof: in some runtimes modules come from another realm. */
async function compile(given: ModuleSource): Promise<object> {
  const source = imported(given);
  const kind = show(source);
  if (kind === "[object WebAssembly.Module]") return source as object;
  if (kind === "[object URL]" || typeof source === "string") return fetched(source as URL | string);
  if (kind === "[object Response]") return streamed(source as Response);
  const bytes = bytesOf(source);
  if (bytes !== undefined) return compiled(bytes, "what was passed as the module");
  return refuse(`the module is ${kind}: a WebAssembly.Module, its bytes, a Response or a URL is due`);
}

/** imported returns what an import yielded: some bundlers make a plain object of a namespace. */
function imported(source: ModuleSource): ModuleSource {
  const kind = show(source);
  if (kind !== "[object Module]" && kind !== "[object Object]") return source;
  try {
    return (source as { default?: ModuleSource }).default ?? source;
  } catch (err) {
    return refuse(`the module cannot be read: ${why(err)}`, err);
  }
}

async function fetched(address: URL | string): Promise<object> {
  if (runtime.readFile !== undefined && String(address).startsWith("file:")) {
    return compiledNow(await file(address, runtime.readFile), String(address));
  }
  let response: Response;
  try {
    response = await fetch(address);
  } catch (err) {
    // Next.js with webpack makes such an address on a server.
    const relative = runtime.readFile !== undefined && !/^[a-z]+:/i.test(String(address));
    const help = relative ? ": an absolute URL is due here; if it was a bundler that made this one, leave wsbind out of the bundle" : "";
    throw new WsbindError("connection-failed", `the module at ${String(address)} cannot be fetched: ${why(err)}${help}`, { cause: err });
  }
  return streamed(response);
}

async function file(address: URL | string, readFile: (url: URL) => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await readFile(new URL(address));
  } catch (err) {
    throw new WsbindError("not-found", `the module cannot be read: ${why(err)}: leave wsbind out of the bundle, or pass the module to load({ module })`, { cause: err });
  }
}

/** streamed compiles while the bytes arrive, where the server names their type as WebAssembly demands. */
async function streamed(response: Response): Promise<object> {
  const { ok, status, url } = response;
  const from = url || "the Response";
  if (!ok) {
    const code = status === 404 || status === 410 ? "not-found" : "connection-failed";
    throw new WsbindError(code, `${from} answers with status ${status}: serve dist/wsbind.wasm of this package there, or pass its address to load({ module })`);
  }
  if (response.bodyUsed) refuse("the module is a Response whose body was read before: pass a fresh one, or the bytes");
  if (response.headers.get("content-type") === "application/wasm" && WebAssembly.compileStreaming !== undefined) {
    return WebAssembly.compileStreaming(response).catch((err: unknown) => {
      // Compilers say CompileError, and WebKit's policy EvalError; anything else befell the module on its way.
      return /^(Compile|Eval)Error$/.test((err as Error).name) ? uncompiled(err, from) : brokenOff(err, from);
    });
  }
  let bytes: ArrayBuffer;
  try {
    bytes = await response.arrayBuffer();
  } catch (err) {
    brokenOff(err, from);
  }
  return compiled(bytes, from);
}

function brokenOff(err: unknown, from: string): never {
  throw new WsbindError("connection-failed", `the module at ${from} broke off: ${why(err)}`, { cause: err });
}

async function compiled(bytes: ArrayBuffer | Uint8Array, from: string): Promise<object> {
  return WebAssembly.compile(bytes as BufferSource).catch((err: unknown) => uncompiled(err, from));
}

/** compiledNow saves the way to another thread and back, a third of the time. */
function compiledNow(bytes: Uint8Array, from: string): object {
  try {
    return new WebAssembly.Module(bytes as BufferSource);
  } catch (err) {
    return uncompiled(err, from);
  }
}

/** uncompiled says why there is no module, and what to do about it. */
function uncompiled(err: unknown, from: string): never {
  const text = why(err);
  if (/Content.Security.Policy|\bCSP\b|unsafe-eval/i.test(text)) {
    throw new WsbindError("forbidden", "the Content-Security-Policy of this page forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src", { cause: err });
  }
  if (/disallowed|not allowed|blocked/i.test(text)) {
    throw new WsbindError("forbidden", `this runtime compiles no WebAssembly on its way: import wsbind/wsbind.wasm and pass it to load({ module }) (${text})`, { cause: err });
  }
  throw new WsbindError("incompatible-module", `${from} is no module of wsbind: serve or pass dist/wsbind.wasm of this package (${text})`, { cause: err });
}
