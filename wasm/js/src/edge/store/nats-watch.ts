/** Watching a bucket of NATS, and noticing when nothing is heard any more. */

import { Listening } from "./listening.js";
import type { NatsBucket, NatsEntry } from "./nats.js";
import type { Remote } from "./remote.js";

/** What is used of a connection, as `connect` returns it. */
export interface NatsConnection {
  /** What becomes of the connection, from now on. */
  status(): NatsStatuses;
}

/** What becomes of a connection. */
export interface NatsStatuses extends AsyncIterable<NatsStatusEvent> {
  /** Ends it, where it can be ended. */
  stop?(): void;
}

/** Something that has become of a connection. */
export interface NatsStatusEvent {
  /** What: of `disconnect`, `staleConnection` and `close` the gate takes it that updates are lost. */
  readonly type: string;
}

/** What is watched. */
interface Watched {
  readonly remote: Remote;
  readonly connection: NatsConnection;
  readonly bucket: NatsBucket;
  readonly key: string;
}

/** After these a client finds out only many seconds later what it has missed. */
const broken: readonly string[] = ["disconnect", "staleConnection", "close"];

/**
 * Tells of updates until the signal is aborted; it resolves when it listens. `lost` is
 * called once, with the first sign that updates may not come: the watch or the
 * connection ends, or the server does not answer.
 */
export async function natsWatch({ remote, connection, bucket, key }: Watched, tell: (entry: NatsEntry) => void, lost: (err: unknown) => void, signal: AbortSignal): Promise<void> {
  const statuses = connection.status();
  const opening = bucket.watch({ key, include: "updates" });
  let updates: Awaited<typeof opening>;
  try {
    updates = await remote.call(() => opening);
  } catch (err) {
    statuses.stop?.();
    opening.then((late) => late.stop(), () => {});
    throw err;
  }
  const close = (): void => {
    updates.stop();
    statuses.stop?.();
  };
  const watch = new Listening(remote, { check: () => bucket.status(), close, lost, signal });
  const fail = (err: unknown): void => watch.fail(remote.failure(err));
  follow(updates, watch, tell).catch(fail);
  listen(statuses, watch).catch(fail);
}

async function follow(updates: AsyncIterable<NatsEntry>, watch: Listening, tell: (entry: NatsEntry) => void): Promise<void> {
  for await (const entry of updates) if (!watch.over && entry.operation === "PUT") tell(entry);
  throw new Error("the watch has ended");
}

async function listen(statuses: NatsStatuses, watch: Listening): Promise<void> {
  for await (const { type } of statuses) {
    if (broken.includes(type)) throw new Error(`the connection is lost: ${type}`);
    if (watch.over) return;
  }
}
