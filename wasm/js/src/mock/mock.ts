/// <reference lib="esnext.disposable" preserve="true" />
// The mock server as a process of the test's own.

import { readOptions } from "../options.js";
import { checkSeconds, type TenantOptions } from "./options.js";
import type { Finding } from "./review.js";
import { Server } from "./server.js";
import { readSettings, type StartMockOptions } from "./settings.js";
import { whenAborted } from "./signal.js";
import { makeTenant, MockTenant, openTenant, type TemporaryTenant } from "./tenant.js";

/** How a server ended. */
export interface Closed {
  /** Its exit status: 1 where a finding is as bad as `--fail-on` says, `null` where it was killed. */
  readonly code: number | null;
  /** What clients did wrong, in all tenants. */
  readonly findings: readonly Finding[];
}

/** How a server is closed. */
export interface CloseOptions {
  /** Seconds after which it is killed; default 10. */
  readonly within?: number | undefined;
}

const CLOSE = 10;

/**
 * A mock server, running. Its own members are about the tenant that `startMock` was
 * told, or the one without a name; {@link Mock.tenant} makes others.
 */
export class Mock extends MockTenant implements AsyncDisposable {
  /** @internal */
  protected declare readonly server: Server;
  #closed: Promise<Closed> | undefined;

  /** The last part of its log, JSON lines. */
  get log(): string {
    return this.server.log;
  }

  /** Its process, while it runs. */
  get pid(): number | undefined {
    return this.server.pid;
  }

  /**
   * Makes a tenant, or makes one of that name anew. Tests that run at a time share a
   * server so, and see nothing of each other. Without a name it is drawn.
   */
  tenant(name?: string, options: TenantOptions = {}): Promise<TemporaryTenant> {
    return openTenant(this.server, name, options);
  }

  /** Ends the server as a crash would: nobody is told, and all is forgotten. */
  async kill(): Promise<void> {
    await this.server.end("killed", 0);
  }

  /** Kills the server and starts it again on the same ports, with the same seed and nothing in it. */
  async restart(): Promise<void> {
    await this.server.restart();
    if (this.name !== "") await makeTenant(this.server, this.name, {});
    this.journal.renew();
  }

  /** Ends the server, and says what it found. It never throws for how the server ended: that is in `code`. */
  close(options: CloseOptions = {}): Promise<Closed> {
    return (this.#closed ??= this.#close(options));
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(options: CloseOptions): Promise<Closed> {
    const { within = CLOSE } = readOptions("close", options, ["within"]);
    checkSeconds("within", within);
    const { code } = await this.server.end("closed", within);
    return { code, findings: findingsIn(this.server.last) };
  }
}

/**
 * Starts `wsbind serve` as a child process, on ports of its own, and resolves when
 * it answers.
 *
 * ```js
 * const mock = await startMock({ clock: "virtual", seed: 7 })
 * const client = new SubscriptionClient({ base: mock.base("R4") })
 * await mock.close()
 * ```
 *
 * From Node 24, `await using mock = …` closes it too.
 *
 * The server ends with {@link Mock.close}, with the signal, and with this process,
 * which it does not keep from ending. Where it ends by itself, later calls fail
 * with its exit status and the end of its log.
 */
export async function startMock(options: StartMockOptions = {}): Promise<Mock> {
  const settings = readSettings(options);
  const server = await Server.start(settings);
  whenAborted(settings.signal, () => void server.end("ended by its signal", CLOSE));
  if (settings.tenant === undefined) return new Mock(server, () => ({ name: "", ...server.about }));
  try {
    const place = await makeTenant(server, settings.tenant, {});
    return new Mock(server, () => place);
  } catch (err) {
    await server.end("closed", 0);
    throw err;
  }
}

/** The last line of a server that was closed says what it found; one that was killed says nothing. */
function findingsIn(line: string): Finding[] {
  try {
    return (JSON.parse(line) as { findings?: Finding[] }).findings ?? [];
  } catch {
    return [];
  }
}
