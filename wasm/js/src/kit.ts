import { makeDefinition, type Definition } from "./definition.js";
import type { Description } from "./description.js";
import type { Engine, Source } from "./engine.js";
import { WsbindError } from "./error.js";
import { checkURL, Heads, type Method } from "./heads.js";
import { text, type Input } from "./input.js";
import { head, MAX_BUFFER, type Operation } from "./instance.js";
import type { Issue, Verdict } from "./issue.js";
import type { DefineOptions, NotificationOptions, NotificationVerdict, RequestOptions, ResponseOptions, ResponseVerdict } from "./judging.js";
import { tooLarge } from "./large.js";
import { readCounters } from "./notification.js";
import { checkOneOf, readOptions, refuse, show } from "./options.js";
import { encoded } from "./utf8.js";

const ofNotification: readonly string[] = ["fhir", "maxIssues"];
const ofResponse: readonly string[] = [...ofNotification, "definition", "level"];
const ofRequest: readonly string[] = [...ofResponse, "query"];
const validateRequest: Method = { name: "validateRequest", options: ofRequest, mode: "brief" };
const validateResponse: Method = { name: "validateResponse", options: ofResponse, mode: "brief" };
const readResponse: Method = { name: "readResponse", options: ofResponse, mode: "read" };
const validateNotification: Method = { name: "validateNotification", options: ofNotification, mode: "full" };
const readNotification: Method = { name: "readNotification", options: ofNotification, mode: "read" };

/** The verdict on a document without a single issue. */
const valid: Verdict = Object.freeze({ valid: true, issues: Object.freeze([]) });

/** No options for the calls that have none. */
const noOptions = head({});

/** engineOf returns the engine behind a kit, for the other parts of this package. */
export let engineOf: (kit: Kit) => Engine;

/**
 * Everything that is asked of a document, without waiting. {@link load} makes one.
 *
 * Documents may be of any size and content: what is wrong with them is a verdict,
 * never an exception. An exception, always a {@link WsbindError}, means that the
 * call itself was wrong (`invalid-option`) or could not be made (`trapped`: the
 * next call is served again).
 */
export class Kit {
  readonly #engine: Engine;
  readonly #heads: Heads;

  /** @internal Applications call load. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#heads = new Heads(engine);
  }

  static {
    engineOf = (kit) => kit.#engine;
  }

  /** Judges what is sent to an operation: a Parameters document, or the query of a GET. */
  validateRequest(document: Input, options?: RequestOptions): Verdict {
    return this.#judge("validate_request", validateRequest, document, options) as Verdict;
  }

  /** Judges the answer of an operation. */
  validateResponse(document: Input, options?: ResponseOptions): Verdict {
    return this.#judge("validate_response", validateResponse, document, options) as Verdict;
  }

  /**
   * Judges the answer of `$get-ws-binding-token` and reads it. A value that says
   * nothing to a client, such as a subscription that names none, is an error here.
   *
   * ```js
   * const { valid, issues, response } = kit.readResponse(await answer.text(), { fhir: "R5" })
   * if (valid) connect(response.websocketUrl, response.token)
   * ```
   */
  readResponse(document: Input, options?: ResponseOptions): ResponseVerdict {
    const verdict = this.#judge("validate_response", readResponse, document, options);
    const { response } = verdict as { response?: { expiration: number | Date } };
    if (response !== undefined) response.expiration = new Date((response.expiration as number) * 1000);
    return verdict as ResponseVerdict;
  }

  /** Judges a notification Bundle, or the searchset that `$status` answers. */
  validateNotification(document: Input, options?: NotificationOptions): Verdict {
    return this.#judge("validate_notification", validateNotification, document, options) as Verdict;
  }

  /** Judges a notification and reads it, as far as it can be made out, also if it is not valid. */
  readNotification(document: Input, options?: NotificationOptions): NotificationVerdict {
    const verdict = this.#judge("validate_notification", readNotification, document, options) as Verdict & { notification?: object };
    return { ...verdict, notification: readCounters(verdict.notification) };
  }

  /**
   * Reads the first text frame of a websocket, `bind-with-token TOKEN`,
   * and returns the token. It throws `expected-bind`, `invalid-utf8` or
   * `frame-too-large`; `codes[err.code]` has the close code to answer with.
   */
  parseBind(frame: string | Uint8Array): string {
    if (typeof frame !== "string" && !ArrayBuffer.isView(frame)) refuse(`the frame is ${show(frame)}: a string or a Uint8Array is due`);
    const input = text(frame);
    if (input.length > MAX_BUFFER / 3) {
      throw new WsbindError("frame-too-large", `the frame has ${encoded(input).length} bytes, at most ${this.describe().limits.frameBytes} are read`);
    }
    return (this.#engine.call("parse_bind", noOptions, input) as { token: string }).token;
  }

  /**
   * Loads an OperationDefinition, against which requests and responses
   * can then be judged. Small blunders of published definitions are repaired and
   * listed in `repairs`. One that cannot be used is an error, with everything
   * that was found in `issues`.
   */
  define(definition: Input, options: DefineOptions = {}): Definition {
    const given = defineOptions("define", options);
    const document = text(definition);
    // A copy, because it is needed again after a trap.
    return this.#define({ head: head(given), document: typeof document === "string" ? document : new Uint8Array(document) });
  }

  /**
   * Returns a definition that the module brings along, by its canonical
   * URL with or without `|version`; {@link Kit.describe} lists them.
   */
  builtIn(url: string, options: DefineOptions = {}): Definition {
    const given = defineOptions("builtIn", options);
    checkURL("the URL", url, "a canonical URL");
    return this.#define({ head: head({ ...given, url }), document: "" });
  }

  /** Says what the module knows: releases, algorithms, built-in definitions, limits. */
  describe(): Description {
    return this.#engine.instance.describe() as Description;
  }

  #define(source: Source): Definition {
    let answer: { definition?: object; repairs: Issue[]; issues: readonly Issue[] };
    try {
      answer = this.#engine.define(source) as typeof answer;
    } catch (err) {
      answer = { repairs: [], ...this.#tooLarge(err, source.document) };
    }
    const { definition, repairs, issues } = answer;
    if (definition !== undefined) return makeDefinition(source, definition, repairs, issues);
    const first = issues.find((issue) => issue.severity === "fatal" || issue.severity === "error") as Issue;
    throw new WsbindError(first.code, first.diagnostics, { expression: first.expression[0], issues, repairs });
  }

  #judge(operation: Operation, method: Method, document: Input, options: RequestOptions | undefined): object {
    const input = text(document); // first: whatever its toJSON does, the handle in head is of the live instance
    const head = this.#heads.head(method, options);
    try {
      const answer = method.mode === "read" ? this.#engine.call(operation, head.full, input) : this.#engine.judge(operation, head, input);
      return (answer as object | undefined) ?? valid;
    } catch (err) {
      return this.#tooLarge(err, input);
    }
  }

  /** What the module would say of a document for which it has no room; any other error is thrown again. */
  #tooLarge(err: unknown, document: string | Uint8Array): Verdict {
    if ((err as WsbindError).code !== "too-large") throw err;
    return tooLarge(encoded(document), this.describe().limits.documentBytes);
  }
}

function defineOptions(what: string, options: DefineOptions): DefineOptions {
  const given = readOptions(what, options, ["strict", "fhir"]);
  checkOneOf("strict", given.strict, [true, false]);
  checkOneOf("fhir", given.fhir, ["R4", "R4B", "R5"]);
  return given;
}
