// One running copy of the module: buffers, envelopes, answers. The other end of
// this wire is wasm/reactor; what goes over it is written down in wasm/ABI.md.

import type { Code } from "./codes.js";
import { WsbindError } from "./error.js";
import { why } from "./options.js";
import { encode, encodeInto } from "./utf8.js";

/** The operations that take an envelope. */
export type Operation =
  | "define"
  | "validate_request"
  | "validate_response"
  | "validate_notification"
  | "parse_bind"
  | "read_keys"
  | "issue_begin"
  | "verify_begin"
  | "inspect_token"
  | "write_response"
  | "read_subscription"
  | "read_frame"
  | "write_notification"
  | "write_statuses";

/** The exports of a module of ABI 1. */
type Exports = Readonly<Record<Operation, (address: number, length: number) => bigint>> & {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly buffer_new: (size: number) => number;
  readonly buffer_free: (address: number) => number;
  readonly abi_version: () => number;
  readonly describe: () => bigint;
  readonly forget: (handle: number) => number;
  readonly issue_end: (handle: number, address: number, length: number) => bigint;
  readonly verify_end: (handle: number, verified: number, now: number) => bigint;
  readonly cancel: (handle: number) => number;
};

/** The version of the ABI that is spoken here; a module may have a larger minor version. */
const ABI = 1;
const ABI_MINOR = 2;

/** The largest buffer that the module gives. */
export const MAX_BUFFER: number = 32 << 20;

/** Up to this many UTF-16 units a string has room for three bytes each, and so for whatever it holds. */
const SHORT = 8192;

/** Up to this many it has room for one byte each and a sixteenth: few documents need more. */
const LONG = 4 << 20;

/** How the answer of a validation begins, up to the verdict. */
const BEGINNING = '{"valid":';

/** The 64 bits of an answer, to read them as two numbers. */
const answerBits = new DataView(new ArrayBuffer(8));
const decoder = new TextDecoder();
const noBytes = new Uint8Array();

/** Instance makes calls until one of them goes wrong; then it is dead. */
export class Instance {
  /** True after a trap or an internal error: the state is unknown, and all handles are gone. */
  dead = false;
  readonly #exports: Exports;
  /** All of memory; empty once memory has grown. */
  #bytes: Uint8Array = noBytes;

  constructor(instance: { readonly exports: object }) {
    this.#exports = instance.exports as Exports;
    const version = this.#exports.abi_version?.();
    if (typeof version !== "number" || version >>> 16 !== ABI || (version & 0xffff) < ABI_MINOR) {
      const found = typeof version === "number" ? `ABI ${version >>> 16}.${version & 0xffff}` : "no abi_version";
      throw new WsbindError("incompatible-module", `the module has ${found}, and this package speaks ABI ${ABI}.${ABI_MINOR}: take the wsbind.wasm that lies in this package`);
    }
  }

  /**
   * call makes one call with an envelope of a head (from {@link head}) and a
   * document. It returns the answer, undefined for the answer 0.
   */
  call(operation: Operation, head: Uint8Array, document: string | Uint8Array): unknown {
    try {
      const answer = this.#ask(operation, head, document);
      return answer === 0n ? undefined : parsed(this.#text(answer));
    } catch (err) {
      throw this.#failed(err);
    }
  }

  /**
   * judge is {@link Instance.call} for a validation whose issues may never be
   * looked at. What stands for a verdict with issues is then its text, and "" if
   * the module was asked to be brief, and says no more than invalid.
   */
  judge(operation: Operation, head: Uint8Array, document: string | Uint8Array): object | string | undefined {
    try {
      const answer = this.#ask(operation, head, document);
      if (answer === 0n) return undefined;
      if (answer === 1n) return "";
      const text = this.#text(answer);
      return text.startsWith(BEGINNING) ? text : (parsed(text) as object);
    } catch (err) {
      throw this.#failed(err);
    }
  }

  #ask(operation: Operation, head: Uint8Array, document: string | Uint8Array): bigint {
    const size = document.length;
    if (typeof document === "string" && size > LONG) return this.#ask(operation, head, encode(document));
    const room = typeof document !== "string" ? size : size <= SHORT ? 3 * size : size + (size >> 4);
    const address = this.#allocate(head.length + room);
    const bytes = this.#memory();
    bytes.set(head, address);
    const start = address + head.length;
    let written = size;
    if (typeof document !== "string") bytes.set(document, start);
    // A string is written straight into memory: bytes of its own would take longer to make than to judge.
    else if ((written = encodeInto(document, bytes, start, room)) < 0) {
      this.#exports.buffer_free(address);
      return this.#ask(operation, head, encode(document));
    }
    return this.#exports[operation](address, head.length + written);
  }

  /** describe says what the module knows. */
  describe(): unknown {
    return this.#guard(() => this.#read(this.#exports.describe()));
  }

  /** forget drops a definition. */
  forget(handle: number): void {
    this.#guard(() => this.#exports.forget(handle));
  }

  /** verifyEnd takes the verdict on a signature, and the time in seconds since 1970. */
  verifyEnd(handle: number, verified: boolean, now: number): unknown {
    this.#pending();
    try {
      return this.#read(this.#exports.verify_end(handle, verified ? 1 : 0, now));
    } catch (err) {
      throw this.#failed(err);
    }
  }

  /** issueEnd takes the signature as JWS writes it. */
  issueEnd(handle: number, signature: Uint8Array): unknown {
    this.#pending();
    return this.#guard(() => {
      const address = this.#allocate(signature.length);
      this.#memory().set(signature, address);
      return this.#read(this.#exports.issue_end(handle, address, signature.length));
    });
  }

  /** cancel drops what was begun, and says whether there was anything. */
  cancel(handle: number): boolean {
    return !this.dead && this.#guard(() => this.#exports.cancel(handle) === 1);
  }

  #pending(): void {
    if (this.dead) throw new WsbindError("expired-handle", "the module stopped between the begin and the end of this call: make the call again");
  }

  #guard<T>(action: () => T): T {
    try {
      return action();
    } catch (err) {
      throw this.#failed(err);
    }
  }

  /** Whatever is no error of ours came out of the module as a trap. */
  #failed(err: unknown): WsbindError {
    if (err instanceof WsbindError) {
      if (err.code === "internal") this.dead = true;
      return err;
    }
    this.dead = true;
    return new WsbindError("trapped", `the module stopped within the call (${why(err)}); the next call has a fresh instance`, { cause: err });
  }

  #allocate(size: number): number {
    if (size > MAX_BUFFER) throw new WsbindError("too-large", `the call has ${size} bytes, at most ${MAX_BUFFER} are taken`);
    const address = this.#exports.buffer_new(size);
    if (address === 0) throw new WsbindError("limit-reached", `the module has no buffer of ${size} bytes left`);
    return address >>> 0;
  }

  /** Memory that grew leaves its old view without bytes. */
  #memory(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#exports.memory.buffer);
    return this.#bytes;
  }

  /** read takes a result out of its buffer. */
  #read(answer: bigint): unknown {
    return parsed(this.#text(answer));
  }

  /** text does the same: the buffer is `address << 32 | length`. */
  #text(answer: bigint): string {
    answerBits.setBigInt64(0, answer);
    const address = answerBits.getUint32(0);
    const text = decoder.decode(this.#memory().subarray(address, address + answerBits.getUint32(4)));
    this.#exports.buffer_free(address);
    return text;
  }
}

/** parsed reads an answer, and throws the error that it is. */
function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const { error } = value as { error?: { code: Code; diagnostics: string; expression?: string } };
  if (error !== undefined) throw new WsbindError(error.code, error.diagnostics, { expression: error.expression });
  return value;
}

/** isValid reads the verdict in an answer of {@link Instance.judge}. */
export function isValid(text: string): boolean {
  return text.startsWith("true", BEGINNING.length);
}

/** head writes the start of an envelope: the options, and their length before them. */
export function head(options: object): Uint8Array {
  const json = JSON.stringify(options);
  const text = encode(json === "{}" ? "" : json);
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  return bytes;
}
