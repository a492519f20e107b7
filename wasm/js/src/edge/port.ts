/** Where a gate meets a runtime: a client's websocket, as an adapter hands it over. */

/** A client's websocket after its opening handshake. Nothing here throws: what cannot be sent is lost. */
export interface ClientPort {
  /** Sends a text frame. */
  send(text: string): void;
  /** Says goodbye: frames that were sent before still go out. */
  close(code: number, reason: string): void;
  /** Cuts the connection, where the runtime can. */
  terminate?(): void;
  /** How many bytes were sent and are not on the network yet; undefined where the runtime does not tell. */
  readonly buffered: number | undefined;
  /**
   * True where the runtime lets it be used only in what its own connection has led to, as
   * a Worker does outside of a Durable Object. What the gate does once for all other
   * sockets it does for such a one by itself: revocations are asked for, and never pushed.
   */
  readonly alone?: boolean | undefined;
}

/** What an adapter tells of a client's websocket. */
export interface ClientSession {
  /** A frame came; null stands for a binary one. */
  frame(text: string | null): void;
  /** The connection is over, whoever ended it. It is told once. */
  closed(): void;
}
