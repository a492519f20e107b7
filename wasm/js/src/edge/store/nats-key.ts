/** Any text as a key of a NATS bucket, which takes few characters. The gates in Go write the same. */

const plain = /[^A-Za-z0-9_-]/gu;

/** Writes a key: dots stay, other characters become `=` and the hex digits of each byte, and an empty part a lone `=`. */
export function natsKey(text: string): string {
  return text.split(".").map((part) => part.replace(plain, bytes) || "=").join(".");
}

function bytes(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => "=" + byte.toString(16).toUpperCase().padStart(2, "0")).join("");
}
