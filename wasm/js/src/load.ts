import { Engine } from "./engine.js";
import { WsbindError } from "./error.js";
import { Kit } from "./kit.js";
import { checkOptions, refuse, show } from "./options.js";

/**
 * Where the module comes from: its address, an answer of `fetch`, its bytes, or
 * a compiled `WebAssembly.Module`.
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

/** How a runtime reads a file: by fetch, unless its entry says otherwise. */
let findModule: () => ModuleSource | Promise<ModuleSource> = () => new URL("./wsbind.wasm", import.meta.url);

/** The one kit of those who pass no module. */
let shared: Promise<Kit> | undefined;

/** setModule tells load where this runtime has the module; the entries in runtime/ call it. */
export function setModule(find: typeof findModule): void {
  findModule = find;
}

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
  checkOptions("load", options, ["module"]);
  if (options.module !== undefined) return start(options.module);
  const loading = (shared ??= start(findModule()));
  try {
    return await loading;
  } catch (err) {
    if (shared === loading) shared = undefined;
    throw err;
  }
}

async function start(source: ModuleSource | Promise<ModuleSource>): Promise<Kit> {
  const module = await compile(await source);
  try {
    return new Kit(await Engine.start(module));
  } catch (err) {
    throw err instanceof WsbindError ? err : new WsbindError("incompatible-module", `the module cannot be started: ${why(err)}`, { cause: err });
  }
}

async function compile(source: ModuleSource): Promise<WebAssembly.Module> {
  // By shape, not by instanceof: in some runtimes modules and bytes come from another realm.
  const kind = show(source);
  if (kind === "[object WebAssembly.Module]") return source as WebAssembly.Module;
  if (typeof source === "string" || kind === "[object URL]") return compileResponse(await request(source as string | URL));
  if (kind === "[object Response]") return compileResponse(source as Response);
  if (kind === "[object ArrayBuffer]" || ArrayBuffer.isView(source)) return compiled(() => WebAssembly.compile(source as BufferSource));
  return refuse(`the module is ${kind}: a WebAssembly.Module, its bytes, a Response or a URL is due`);
}

async function request(address: string | URL): Promise<Response> {
  try {
    return await fetch(address);
  } catch (err) {
    throw new WsbindError("connection-failed", `the module at ${String(address)} cannot be fetched: ${why(err)}`, { cause: err });
  }
}

/** compileResponse compiles while the bytes arrive, where the server names their type as WebAssembly demands. */
async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) {
    throw new WsbindError(response.status === 404 ? "not-found" : "connection-failed",
      `the module at ${response.url} was answered with status ${response.status}: serve dist/wsbind.wasm of this package there, or pass its address to load({ module })`);
  }
  const streams = response.headers.get("content-type") === "application/wasm" && WebAssembly.compileStreaming !== undefined;
  if (streams) return compiled(() => WebAssembly.compileStreaming(response));
  const bytes = await response.arrayBuffer();
  return compiled(() => WebAssembly.compile(bytes));
}

async function compiled(compile: () => Promise<WebAssembly.Module>): Promise<WebAssembly.Module> {
  try {
    return await compile();
  } catch (err) {
    const text = why(err);
    if (/Content.Security.Policy|\bCSP\b|unsafe-eval/i.test(text)) {
      throw new WsbindError("forbidden", "the Content-Security-Policy of the page forbids WebAssembly: add 'wasm-unsafe-eval' to script-src", { cause: err });
    }
    if (/disallowed|not allowed|blocked/i.test(text)) {
      throw new WsbindError("forbidden", `this runtime does not compile WebAssembly (${text}): import the module and pass it to load({ module })`, { cause: err });
    }
    throw new WsbindError("incompatible-module", `the module cannot be compiled: ${text}`, { cause: err });
  }
}

function why(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
