// A client of a gate. Every frame that it gets is checked: a notification is valid,
// without a warning, and anything else is an OperationOutcome.
import assert from "node:assert/strict";
import { load } from "wsbind";
import { WebSocket } from "ws";

export const kit = await load();

/** What a frame says: {type, subscription, numbers, total} of a notification, {type: "outcome", code, text} otherwise. */
export function understand(frame) {
  const { resourceType, issue } = JSON.parse(frame);
  if (resourceType === "OperationOutcome") return { type: "outcome", code: issue[0].details.coding[0].code, text: issue.map(({ diagnostics }) => diagnostics).join(" ") };
  const { valid, issues, notification } = kit.readNotification(frame, { fhir: "R4" });
  assert.ok(valid, `${frame}\n${JSON.stringify(issues)}`);
  const [{ type, subscription, events, eventsSinceSubscriptionStart }] = notification.statuses;
  return { type, subscription: subscription.split("/").at(-1), numbers: events.map(({ eventNumber }) => Number(eventNumber)), total: Number(eventsSinceSubscriptionStart) };
}

/** A client; told holds what it was told and nobody has taken. */
export class Client {
  told = [];
  #socket;
  #waiting = new Set();

  constructor(url, options = {}) {
    this.#socket = new WebSocket(url, options);
    this.closed = new Promise((resolve) => this.#socket.on("close", (code, reason) => resolve(`${code} ${reason}`)));
    this.#socket.on("error", () => {});
    this.#socket.on("message", (data) => {
      this.told.push(understand(data.toString()));
      this.#wake();
    });
    this.closed.then((how) => {
      this.over = how;
      this.#wake();
    });
  }

  static async open(url, options) {
    const client = new Client(url, options);
    await new Promise((resolve, reject) => client.#socket.on("open", resolve).on("error", reject));
    return client;
  }

  send(frame) {
    this.#socket.send(frame);
  }

  /** Binds, and returns the handshake, or what is told in its place. */
  bind(token) {
    this.send(`bind-with-token ${token}`);
    return this.next(({ type }) => type === "handshake" || type === "outcome");
  }

  /** Takes the first of what is told that fits, and forgets what came before it. */
  next(fits = () => true) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const at = this.told.findIndex(fits);
        if (at < 0 && this.over === undefined) return;
        this.#waiting.delete(look);
        if (at < 0) reject(new Error(`the socket was closed: ${this.over}; ${JSON.stringify(this.told)}`));
        else resolve(this.told.splice(0, at + 1)[at]);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The numbers of a Subscription's events, until there are so many. */
  async numbers(subscription, count) {
    const numbers = [];
    while (numbers.length < count) numbers.push(...(await this.next((told) => told.subscription === subscription && told.type === "event-notification")).numbers);
    return numbers;
  }

  close() {
    this.#socket.close(1000);
    return this.closed;
  }

  #wake() {
    for (const look of [...this.#waiting]) look();
  }
}
