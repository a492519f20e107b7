// Text as it comes, in lines.

/** Lines hands out each line of a text that comes in pieces, without its end. */
export class Lines {
  readonly #take: (line: string) => void;
  readonly #most: number;
  #rest = "";

  /** A line of more than `most` characters is handed out in parts: nothing grows without end. */
  constructor(most: number, take: (line: string) => void) {
    this.#most = most;
    this.#take = take;
  }

  /** Takes a piece. */
  push(text: string): void {
    if (text.includes("\n")) {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() as string;
      for (const line of lines) this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
    } else {
      this.#rest += text;
    }
    if (this.#rest.length > this.#most) this.end();
  }

  /** Hands out what has no end of line. */
  end(): void {
    const rest = this.#rest;
    this.#rest = "";
    if (rest !== "") this.#take(rest);
  }
}

/** Tail keeps the last part of a text, whole lines of it. */
export class Tail {
  readonly #most: number;
  readonly #lines: string[] = [];
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  push(line: string): void {
    this.#lines.push(line);
    this.#size += line.length + 1;
    while (this.#size > this.#most && this.#lines.length > 1) this.#size -= (this.#lines.shift() as string).length + 1;
  }

  toString(): string {
    return this.#lines.join("\n").slice(-this.#most);
  }
}
