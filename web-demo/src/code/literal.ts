// Resources and options as literals, pretty but compact: what fits in a line stands
// in one.

import { jsonString, jsString } from "./quote.ts";

/** How wide a line is at most, where it can be broken. */
const WIDTH = 88;

const INDENT = "  ";

/** How a language writes what is in a literal. */
interface Language {
  readonly name: (text: string) => string;
  readonly text: (text: string) => string;
}

const json: Language = { name: jsonString, text: jsonString };
const js: Language = { name: jsName, text: jsString };

/** JSON, as it is sent. Lines but the first begin with `indent`. */
export function jsonLiteral(value: unknown, indent = ""): string {
  return write(asSent(value), json, indent, 0);
}

/** An expression of JavaScript. `before` is how much stands before it in its line. */
export function jsLiteral(value: unknown, indent = "", before = 0): string {
  return write(asSent(value), js, indent, before);
}

/** An object of JavaScript whose first member is a variable of that name. */
export function jsLiteralWith(variable: string, value: object, before = 0): string {
  const text = jsLiteral(value, "", before + variable.length + 2);
  return text.startsWith("{\n") ? `{\n${INDENT}${variable},${text.slice(1)}` : `{ ${variable},${text.slice(1)}`;
}

/** The value without what JSON leaves out, such as members that are undefined. */
function asSent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function write(value: unknown, language: Language, indent: string, before: number): string {
  const inline = writeInline(value, language);
  if (typeof value !== "object" || value === null || indent.length + before + inline.length <= WIDTH) return inline;
  if (Array.isArray(value) && value.length === 1) return `[${write(value[0], language, indent, before + 1)}]`;
  const deeper = indent + INDENT;
  const member = ([name, held]: [string, unknown]): string => {
    const label = `${language.name(name)}: `;
    return label + write(held, language, deeper, label.length);
  };
  const items = Array.isArray(value) ? value.map((item) => write(item, language, deeper, 0)) : Object.entries(value).map(member);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${items.map((item) => deeper + item).join(",\n")}\n${indent}${close}`;
}

function writeInline(value: unknown, language: Language): string {
  if (typeof value === "string") return language.text(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => writeInline(item, language)).join(", ")}]`;
  const members = Object.entries(value).map(([name, held]) => `${language.name(name)}: ${writeInline(held, language)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function jsName(text: string): string {
  if (text === "__proto__") return '["__proto__"]'; // without brackets it is no member
  return /^[A-Za-z_$][\w$]*$/.test(text) ? text : jsString(text);
}
