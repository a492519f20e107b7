/** The FHIR server behind a gate, whatever dialect it speaks. */

import type { Claims } from "../../claims.js";
import type { WsbindError } from "../../error.js";

/** A token that was accepted, and which of its Subscriptions may be bound. */
export interface Grant {
  /** The token itself, which only `pass` sends on. */
  readonly token: string;
  /** What it says, after it was verified. */
  readonly claims: Claims;
  /** In the token's order, without those that were revoked. */
  readonly ids: readonly string[];
}

/** A Subscription that could not be bound. */
export interface Omitted {
  /** The Subscription's id. */
  readonly id: string;
  /** Why: the client is told its code, the operator its message, which holds no token. */
  readonly error: WsbindError;
}

/** What came of a bind. */
export interface Bound {
  /** In the token's order; at least one. */
  readonly ids: readonly string[];
  /** Those of the grant that could not be bound. */
  readonly omitted: readonly Omitted[];
}

/** What a channel tells its client's socket. */
export interface ChannelListener {
  /**
   * A notification for the client. `subscription` says whose it is where the channel
   * knows; otherwise the socket reads it, if it matters.
   */
  notification(frame: string, subscription: string | undefined): void;
  /** A frame for the client that is no notification: an OperationOutcome of the server. */
  outcome(frame: string): void;
  /** The server is lost, and the channel tries to have it back: the client is told. */
  lost(error: WsbindError): void;
  /** The channel is at its end: so is the socket. */
  failed(error: WsbindError): void;
}

/** What stands for one client's socket at the FHIR server. */
export interface Channel {
  /**
   * Binds. When it resolves, the listener has had a handshake of every Subscription
   * that is bound, in order, and nothing else of these before theirs. When it rejects,
   * with a WsbindError, nothing has changed.
   */
  bind(grant: Grant): Promise<Bound>;
  /** Stops these: nothing of theirs is told any more where the channel can tell them apart. */
  unbind(ids: readonly string[]): void;
  /** Ends it; nothing is told any more. */
  close(): void;
}

/** A FHIR server. */
export interface Upstream {
  /**
   * Makes a channel, which connects with its first bind. One that is alone shares no
   * connection with others, for runtimes where no socket may wait for another's.
   */
  open(listener: ChannelListener, alone?: boolean): Channel;
  /** Ends what channels share. */
  close(): void;
}
