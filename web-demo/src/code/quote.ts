// Values as the languages of the snippets write them, so that what is pasted says
// what was meant, whatever the value. Characters that cannot be seen are escaped
// where the language can: they may turn a text around before the eye.

/** What is not to be seen in a text: format characters (bidirectional ones too), separators, the upper control characters. */
const unseen = /[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu;

/** What every shell takes as it is, so that it need not be quoted. */
const plain = /^[A-Za-z0-9/.][A-Za-z0-9_./:@%+,=-]*$/;

/** What a terminal may take for a key that is pressed when it is pasted, or hide. A line break within quotes is none. */
const pressed = /[\u0000-\u0009\u000b-\u001f\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu;

/** What ends a quoted word elsewhere than in bash and zsh: a backslash before the quote in fish, a quote of any form in PowerShell. */
const ending = /['\u2018-\u201b]|\\$/;

/** Half a pair, which is no character. */
const lone = /\p{Surrogate}/gu;

/** A word of bash or zsh. There is one pair of quotes in it at most, so that no other shell takes a part of it for a command. */
export function shellWord(text: string): string {
  const possible = text.replaceAll("\0", "").replace(lone, "\ufffd"); // an argument can hold neither
  if (plain.test(possible)) return possible;
  return possible.search(pressed) < 0 && !ending.test(possible) ? `'${possible}'` : ansiWord(possible);
}

/** A word with escapes, as bash and zsh have them. In octal, for the oldest of them know no other way to write all bytes. */
function ansiWord(text: string): string {
  const escaped = text.replace(/[\\'!\u2018-\u201b]/g, octal).replaceAll("\n", "\\n").replace(pressed, octal);
  return `$'${escaped}'`;
}

function octal(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/** A string of JSON, and of JavaScript, which has the same escapes. The backtick is escaped too: Go's raw strings end at one. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll("`", "\\u0060").replace(unseen, units);
}

/** A string of JavaScript. */
export function jsString(text: string): string {
  return JSON.stringify(text).replace(unseen, units);
}

/** A string of Go, which knows JSON's escapes but for those of half a pair. */
export function goString(text: string): string {
  const whole = text.replace(lone, "\ufffd");
  return JSON.stringify(whole).replace(unseen, (character) => `\\U${hexadecimal(character.codePointAt(0)!, 8)}`);
}

/** A raw string of Go, for what has neither backticks nor carriage returns, as JSON written by {@link jsonString}. */
export function goRaw(text: string): string {
  return `\`${text}\``;
}

function units(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${hexadecimal(character.charCodeAt(i), 4)}`).join("");
}

function hexadecimal(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
