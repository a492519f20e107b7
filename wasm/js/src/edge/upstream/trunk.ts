/**
 * A websocket to Medplum, over which any number of Subscriptions are bound by JSON
 * frames. It has to be pinged, or nobody notices that the other side is gone.
 */

import { Alarm, type Clock } from "../../client/clock.js";
import { asFailure, Failure, final, passing, refused } from "../../client/failure.js";
import { Socket, type SocketListener } from "../../client/socket.js";
import { Turns } from "../../client/turns.js";
import type { Core, UpstreamFrame } from "../core.js";
import type { BridgeConfig } from "./config.js";
import { readFrame } from "./frame.js";
import { unknownSubscription, upstreamFailure } from "./trouble.js";

/** How often Medplum's own clients ping, and how long they wait for the answer, in milliseconds. */
const pingEvery = 5_000;

/** Who is bound on a trunk. */
export interface TrunkUser {
  /** A notification that is no handshake and no heartbeat. */
  event(frame: string): void;
  /** The trunk is lost. */
  trunkLost(failure: Failure): void;
}

/** One connection. */
export class Trunk implements SocketListener {
  readonly url: string;
  #socket!: Socket;
  #core: Core;
  #config: BridgeConfig;
  #ended: (trunk: Trunk) => void;
  #users = new Map<string, TrunkUser>();
  /** Binds, one after the other: a refusal does not say whose it is. */
  #binds = new Turns();
  #pending: { readonly id: string; readonly answered: () => void; readonly failed: (failure: Failure) => void } | null = null;
  #ping: Alarm;
  #clock: Clock;
  #heard = true;
  /** How it ended, if it has. */
  #over: Failure | null = null;

  private constructor(url: string, core: Core, config: BridgeConfig, ended: (trunk: Trunk) => void) {
    this.url = url;
    this.#core = core;
    this.#config = config;
    this.#clock = config.clock;
    this.#ended = ended;
    this.#ping = new Alarm(config.clock, () => this.#look());
  }

  /** Connects. `ended` is called once, when the trunk is not to be used any more. */
  static async open(url: string, core: Core, config: BridgeConfig, signal: AbortSignal, ended: (trunk: Trunk) => void): Promise<Trunk> {
    const trunk = new Trunk(url, core, config, ended);
    try {
      trunk.#socket = await Socket.open(url, trunk, { ...config, signal });
    } catch (err) {
      throw upstreamFailure(asFailure(err));
    }
    if (trunk.#over) throw trunk.#over; // between its opening and now
    trunk.#ping.set(pingEvery);
    return trunk;
  }

  /** Whether it is not to be used any more. */
  get over(): boolean {
    return this.#over !== null;
  }

  /** Binds a Subscription, anew if it is bound; who has unbound it meanwhile does not want that. Rejects with a Failure. */
  bind(id: string, token: string, user: TrunkUser): Promise<void> {
    if (!this.#over) this.#users.set(id, user);
    return this.#binds.take(async () => {
      if (!this.#over && this.#users.get(id) !== user) throw final("aborted", "it is not to be bound any more");
      const { timeout } = this.#config;
      const alarm = new Alarm(this.#clock, () => this.#pending?.failed(silence(id, timeout)));
      alarm.set(timeout);
      try {
        await new Promise<void>((answered, failed) => {
          this.#pending = { id, answered, failed };
          this.#say("bind-with-token", token);
        });
      } finally {
        alarm.stop();
        this.#pending = null;
      }
    });
  }

  /** Unbinds a Subscription, with a token that lasts; the trunk ends with the last. */
  unbind(id: string, token: string | null, user: TrunkUser): void {
    if (this.#users.get(id) !== user) return;
    this.#users.delete(id);
    this.rest();
    if (token === null || this.#over) return;
    try {
      this.#say("unbind-from-token", token);
    } catch {
      // It is closed: nothing is bound there any more.
    }
  }

  /** Ends the trunk if nobody uses it. */
  rest(): void {
    if (this.#users.size > 0) return;
    this.#end(upstreamFailure(passing("connection-lost", "nobody used the connection")));
    this.#socket.close();
  }

  #say(type: "bind-with-token" | "unbind-from-token", token: string): void {
    if (this.#over) throw this.#over;
    try {
      this.#socket.send(JSON.stringify({ type, payload: { token } }), token);
    } catch (err) {
      throw upstreamFailure(asFailure(err));
    }
  }

  /** Sends a ping, if the last was answered. */
  #look(): void {
    if (!this.#heard) return this.#lose(passing("connection-lost", `the FHIR server did not answer a ping within ${pingEvery / 1000} s`));
    this.#heard = false;
    try {
      this.#socket.send('{"type":"ping"}');
    } catch (err) {
      return this.#lose(asFailure(err));
    }
    this.#ping.set(pingEvery);
  }

  frame(_: Socket, text: string | null): void {
    if (this.#over) return;
    this.#heard = true;
    const read = readFrame(this.#core, text, "medplum", this.#config);
    if (read) this.#read(text!, read);
  }

  #read(frame: string, { kind, subscriptions, text }: UpstreamFrame): void {
    const bind = this.#pending;
    if (kind === "handshake" && bind && subscriptions.includes(bind.id)) bind.answered();
    if (kind === "outcome") bind?.failed(refused("upstream-refused", `the FHIR server refuses its own token: ${this.#socket.mask(text)}`));
    if (kind !== "event-notification") return;
    for (const id of subscriptions) this.#users.get(id)?.event(frame);
  }

  ended(_: Socket, failure: Failure): void {
    this.#lose(failure);
  }

  #lose(failure: Failure): void {
    if (this.#over) return;
    const users = [...this.#users.values()];
    const lost = upstreamFailure(failure);
    this.#end(lost);
    this.#socket?.close();
    for (const user of users) user.trunkLost(lost);
  }

  #end(failure: Failure): void {
    if (this.#over) return;
    this.#over = failure;
    this.#ping.stop();
    this.#users.clear();
    this.#pending?.failed(failure);
    this.#ended(this);
  }
}

/** Medplum says nothing to a bind of a Subscription that it does not know; nor does a server that is slow. */
function silence(id: string, timeout: number): Failure {
  return new Failure("refused", unknownSubscription(id, `was not bound by the FHIR server within ${timeout / 1000} s`));
}
