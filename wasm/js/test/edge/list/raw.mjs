// A websocket client over bare TCP, which does what no library lets one do: it stops
// reading, breaks the rules, and sends frames along with the opening handshake.
import { connect } from "node:net";

const TEXT = 1, CLOSE = 8;

/** A frame of a client: its mask is zero, so the bytes are those of the payload. */
export function frame(payload, opcode = TEXT) {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from([0x80 | opcode]), lengthOf(bytes.length), Buffer.alloc(4), bytes]);
}

function lengthOf(n) {
  if (n < 126) return Buffer.from([0x80 | n]);
  const long = Buffer.alloc(n < 65_536 ? 3 : 9);
  long[0] = n < 65_536 ? 0xfe : 0xff;
  if (n < 65_536) long.writeUInt16BE(n, 1);
  else long.writeBigUInt64BE(BigInt(n), 1);
  return long;
}

/** The bytes of an opening handshake. */
export function handshake(url, headers = {}) {
  const { host, pathname, search } = new URL(url);
  const all = { host, upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", ...headers };
  return Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\n${Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
}

/** What a server sends to one client, read as it comes. */
class Answer {
  status;
  headers = [];
  /** What follows the head of an answer that opens no websocket. */
  body = "";
  /** The text frames. */
  frames = [];
  /** The goodbye: {code, reason}. */
  close;
  #rest = Buffer.alloc(0);

  get over() {
    return this.close !== undefined || (this.status !== undefined && this.status !== 101);
  }

  take(chunk) {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.status === undefined && !this.#head()) return;
    if (this.status !== 101) this.body = this.#rest.toString();
    else while (this.#frame()) ;
  }

  #head() {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [line, ...headers] = this.#rest.subarray(0, end).toString("latin1").split("\r\n");
    this.status = Number(line.split(" ")[1]);
    this.headers = headers.map((header) => header.toLowerCase());
    this.#rest = this.#rest.subarray(end + 4);
    return true;
  }

  #frame() {
    const bytes = this.#rest;
    const short = bytes[1] & 127, start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (bytes.length < start) return false;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + length) return false;
    const payload = bytes.subarray(start, start + length);
    const opcode = bytes[0] & 15;
    if (opcode === TEXT) this.frames.push(payload.toString());
    if (opcode === CLOSE) this.close = { code: length < 2 ? 1005 : payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
    this.#rest = bytes.subarray(start + length);
    return true;
  }
}

/**
 * A client that sends an opening handshake and frames in one write. ended resolves
 * with the answer once the server has said goodbye, refused, or gone.
 */
export class RawClient {
  answer = new Answer();
  #socket;
  #waiting = new Set();

  constructor(url, frames = [], { headers } = {}) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.write(Buffer.concat([handshake(url, headers), ...frames]));
    this.ended = new Promise((resolve, reject) => {
      const done = () => {
        this.#socket.destroy();
        resolve(this.answer);
      };
      this.#socket.on("data", (chunk) => {
        this.answer.take(chunk);
        for (const check of this.#waiting) check();
        if (this.answer.over) done();
      });
      this.#socket.on("end", done).on("close", done);
      this.#socket.on("error", (err) => (this.answer.status === undefined ? reject(err) : done()));
    });
  }

  /** Resolves with the answer when something holds of it. */
  until(holds) {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds(this.answer)) return;
        this.#waiting.delete(check);
        resolve(this.answer);
      };
      this.#waiting.add(check);
      check();
    });
  }

  send(...frames) {
    this.#socket.write(Buffer.concat(frames));
  }

  /** Stops reading: what is sent fills the buffers of both kernels, and then the server's. */
  sleep() {
    this.#socket.pause();
  }

  wake() {
    this.#socket.resume();
    return this.ended;
  }

  destroy() {
    this.#socket.destroy();
  }
}

/** What a server says to an opening handshake and frames, until it is over. */
export const exchange = (url, frames, options) => new RawClient(url, frames, options).ended;
