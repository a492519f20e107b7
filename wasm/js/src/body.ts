// The body of an answer or a request, as far as it is read at all: one that is too
// large, or never ends, is left where the bound is.

/** readBody returns the bytes of a body, and throws what tooLarge returns where there are more than so many. */
export async function readBody(response: Response | Request, most: number, tooLarge: () => Error): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of piecesOf(response)) {
    size += piece.length;
    if (size > most) throw tooLarge();
    pieces.push(piece);
  }
  return join(pieces, size);
}

/** declaresMore says whether an answer or a request has more than so many bytes by its own word. */
export function declaresMore({ headers }: Response | Request, most: number): boolean {
  return Number(headers.get("Content-Length")) > most;
}

/** Not every runtime can iterate over a body, and not every `fetch` has a stream for one. */
async function* piecesOf(response: Response | Request): AsyncGenerator<Uint8Array, void> {
  const { body } = response;
  if (typeof body?.getReader !== "function") return yield new Uint8Array(await response.arrayBuffer());
  const reader = body.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    reader.cancel().catch(() => {}); // it is at its end, or not wanted any more
  }
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
