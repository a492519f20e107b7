// What stands between a gate and the mock: the network, which a test can cut.
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A port that leads to another, while it is up. */
export class Relay {
  #sockets = new Set();
  #server;

  constructor(port) {
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** Leads to a port from now on. */
  async up(to) {
    this.#server = createServer((near) => {
      const far = connect(to, "127.0.0.1");
      for (const [socket, other] of [[near, far], [far, near]]) {
        this.#sockets.add(socket);
        socket.unref().on("error", () => {}).on("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    }).listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#server.unref(); // a network keeps nobody
  }

  /** Cuts every connection, and takes no more. */
  async down() {
    if (this.#server === undefined) return;
    const closed = once(this.#server, "close");
    this.#server.ref().close();
    this.#server = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }
}
