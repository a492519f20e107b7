import type { Definition, Level, Release } from "./definition.js";
import type { Verdict } from "./issue.js";
import type { Notification } from "./notification.js";

/** How a notification is judged. */
export interface NotificationOptions {
  /** The release of FHIR, default R4. */
  readonly fhir?: Release | undefined;
  /** How many issues are listed at most, 1 to 10,000, default 100. */
  readonly maxIssues?: number | undefined;
}

/** How a response is judged. */
export interface ResponseOptions extends NotificationOptions {
  /**
   * The operation: a definition, or the canonical URL of a built-in one.
   * Default is the guide's `$get-ws-binding-token`.
   */
  readonly definition?: Definition | string | undefined;
  /** Where the operation was invoked, default `type`. */
  readonly level?: Level | undefined;
}

/** How a request is judged. */
export interface RequestOptions extends ResponseOptions {
  /** True if the document is the query of a GET, without `?`. */
  readonly query?: boolean | undefined;
}

/** How a definition is loaded. */
export interface DefineOptions {
  /** True refuses what would need a repair; default false. */
  readonly strict?: boolean | undefined;
  /** The release whose types are known; default all. */
  readonly fhir?: Release | undefined;
}

/** What the answer of `$get-ws-binding-token` says. */
export interface BindingResponse {
  /** The binding token. */
  readonly token: string;
  /** When it expires. */
  readonly expiration: Date;
  /** The ids of the Subscriptions it covers; none if the server leaves them out. */
  readonly subscriptions: readonly string[];
  /** Where to connect. */
  readonly websocketUrl: string;
}

/** A verdict on a response, and what the response says if it is a valid answer of `$get-ws-binding-token`. */
export interface ResponseVerdict extends Verdict {
  /** What the response says. */
  readonly response?: BindingResponse;
}

/** A verdict on a notification, and what it says, also if it is not valid. */
export interface NotificationVerdict extends Verdict {
  /** What can be made out of the notification. */
  readonly notification: Notification;
}
