// The server as a process: started, watched, ended.

import { spawn, type ChildProcess } from "node:child_process";
import process from "node:process";
import type { Readable } from "node:stream";
import { WsbindError } from "../error.js";
import { why } from "../options.js";
import type { Binary } from "./binary.js";
import { missing } from "./binary.js";
import { Lines, Tail } from "./lines.js";
import { endWithParent } from "./parent.js";
import { whenAborted } from "./signal.js";

/** What is kept of the log, and of one line of the output, in characters. */
const LOG = 8 << 10;
const LINE = 16 << 20;

/** How a process ended: one of the two. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What starts a process. */
export interface Launch {
  readonly binary: Binary;
  readonly args: readonly string[];
  /** Seconds until its first line. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly onLog: ((line: string) => void) | undefined;
}

/** A process that is ready when it has printed a line. */
export class Child {
  readonly #process: ChildProcess;
  readonly #log = new Tail(LOG);
  readonly #ended: Promise<End>;
  #end: End | undefined;
  /** Why it was ended by us: what was done to it, such as "closed". */
  #wanted: string | undefined;
  #first: string | undefined;
  #last = "";
  #onFirst: (() => void) | undefined;

  private constructor({ binary, args, onLog }: Launch) {
    try {
      this.#process = spawn(binary.path, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    } catch (err) {
      throw missing(binary, err); // where Node tells by an event
    }
    const { stdout, stderr } = this.#process;
    read(stdout as Readable, (line) => this.#print(line));
    read(stderr as Readable, (line) => {
      this.#log.push(line);
      onLog?.(line);
    });
    const spare = endWithParent(() => this.#kill("SIGKILL"));
    this.#ended = new Promise((resolve) => {
      this.#process.once("close", (code, signal) => {
        spare();
        resolve((this.#end = { code, signal }));
      });
    });
  }

  /** Starts a process and waits for its first line. */
  static async start(launch: Launch): Promise<Child> {
    if (launch.signal?.aborted) throw new WsbindError("aborted", "startMock: the signal was aborted before the server was started");
    const child = new Child(launch);
    try {
      await child.#ready(launch);
    } catch (err) {
      child.#kill("SIGKILL");
      throw err;
    }
    child.#hold(false);
    return child;
  }

  /** Its first line. */
  get first(): string {
    return this.#first as string;
  }

  /** Its last line, the first excepted. */
  get last(): string {
    return this.#last;
  }

  /** The last part of what it wrote to stderr. */
  get log(): string {
    return String(this.#log);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether it ended because it was told to. */
  get wanted(): boolean {
    return this.#wanted !== undefined;
  }

  /** Whether it is no use to ask it anything any more. */
  get over(): boolean {
    return this.wanted || this.#end !== undefined;
  }

  /** Tells whether it has ended, or does so within so many milliseconds. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    return this.#end !== undefined;
  }

  /** The error of whoever asks it something when it is over. */
  gone(): WsbindError {
    if (this.#wanted !== undefined) return new WsbindError("aborted", `the mock server was ${this.#wanted}: start another`);
    return new WsbindError("connection-lost", `the mock server ended by itself, ${ending(this.#end as End)}${this.#shown()}`);
  }

  /** Ends it: by SIGTERM, and after so many seconds by SIGKILL. `wanted` says in a word what was done. */
  async end(wanted: string, within: number): Promise<End> {
    if (!this.#end) this.#wanted ??= wanted;
    this.#hold(true);
    if (within > 0) this.#kill("SIGTERM");
    else this.#kill("SIGKILL");
    const timer = setTimeout(() => this.#kill("SIGKILL"), within * 1000);
    const end = await this.#ended;
    clearTimeout(timer);
    return end;
  }

  #ready({ binary, timeout, signal }: Launch): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (code: "timeout" | "connection-failed" | "aborted", what: string): void =>
        settle(() => reject(new WsbindError(code, `${binary.path} did not start: ${what}${this.#shown()}`)));
      const timer = setTimeout(() => fail("timeout", `it printed no line within ${timeout} s`), timeout * 1000);
      const ignore = whenAborted(signal, () => fail("aborted", "the signal was aborted"));
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        ignore();
        then();
      };
      this.#process.on("error", (err) => settle(() => reject(missing(binary, err))));
      this.#onFirst = () => settle(resolve);
      void this.#ended.then((end) => fail("connection-failed", `it ended ${ending(end)}`));
    });
  }

  #print(line: string): void {
    if (this.#first !== undefined) {
      this.#last = line;
      return;
    }
    this.#first = line;
    this.#onFirst?.();
  }

  /** A server that nobody has closed must not keep a program from ending; one that is being closed must. */
  #hold(hold: boolean): void {
    for (const held of [this.#process, this.#process.stdout, this.#process.stderr] as Partial<ChildProcess>[]) {
      if (hold) held.ref?.();
      else held.unref?.();
    }
  }

  /** Not by the process's own method: Deno then takes the signal for how it ended, whatever it made of it. */
  #kill(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(pid, signal);
    } catch {
      // it has just ended
    }
  }

  #shown(): string {
    return this.log === "" ? "; it logged nothing" : `; the end of its log:\n${this.log}`;
  }
}

function read(stream: Readable, take: (line: string) => void): void {
  const lines = new Lines(LINE, take);
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => lines.push(text));
  stream.on("end", () => lines.end());
  stream.on("error", (err) => lines.push(`${why(err)}\n`));
}

function ending({ code, signal }: End): string {
  return signal === null ? `with exit status ${code}` : `by ${signal}`;
}
