// Which parameter of a definition an issue is about. The engine says where in the
// document it is; here its name is looked up.

import type { Issue, Level, Parameter } from "wsbind";
import { memberOf, parsed } from "../json.ts";

/** The names on the way to a parameter: those it is a part of, and its own. */
export type Path = readonly string[];

/** What is needed to find parameters. */
export interface Contract {
  readonly parameters: readonly Parameter[];
  readonly use: "in" | "out";
  readonly level: Level;
}

/** Returns the parameters of one use, those of other levels left out where there are two of a name. */
export function rowsOf({ parameters, use, level }: Contract): readonly Parameter[] {
  const ofUse = parameters.filter((parameter) => parameter.use === use);
  const here = (parameter: Parameter): boolean => parameter.scope.length === 0 || parameter.scope.includes(level);
  return ofUse.filter((parameter) => here(parameter) || !ofUse.some((other) => other.name === parameter.name && here(other)));
}

/**
 * Returns the path of the parameter that an issue is about, or null where it is about
 * none: then it is about the text as such, or about something that the definition
 * does not have.
 */
export function parameterOf(issue: Issue, document: unknown, contract: Contract): Path | null {
  const path = named(issue, document, contract);
  return path !== null && known(path, rowsOf(contract)) ? path : null;
}

function named(issue: Issue, document: unknown, contract: Contract): Path | null {
  const expression = issue.expression[0];
  if (expression === undefined) return null;
  if (expression.startsWith("http.")) return [expression.slice("http.".length)];
  const returned = theReturn(contract);
  if (returned !== null && !expression.startsWith("Parameters.parameter")) return returned;
  if (!expression.startsWith("Parameters.parameter")) return null;
  const path = walked(expression, document);
  return missing(expression, path) ? missed(issue, path) : path;
}

/** An operation whose only output is called return answers with that resource itself. */
function theReturn(contract: Contract): Path | null {
  const rows = rowsOf(contract);
  return contract.use === "out" && rows.length === 1 && rows[0]!.name === "return" ? ["return"] : null;
}

/** Follows parameter[2].part[0] through the document and collects names. */
function walked(expression: string, document: unknown): Path {
  const path: string[] = [];
  let here: unknown = document;
  for (const [, member = "", index = ""] of expression.matchAll(/\.(parameter|part)\[(\d+)\]/g)) {
    here = memberOf(memberOf(here, member), index);
    path.push(String(memberOf(here, "name") ?? ""));
  }
  return path;
}

/** Whether the expression names a list, in which something is missing, rather than an item. */
function missing(expression: string, path: Path): boolean {
  return expression.split(/\.(?:parameter|part)(?![a-z])/).length - 1 > path.length;
}

/** What is missing stands in quotes: parameter "token": 0 values, at least 1 due. */
function missed(issue: Issue, parents: Path): Path | null {
  const name = /^[^"]*("(?:[^"\\]|\\.)*")/.exec(issue.diagnostics)?.[1];
  return name === undefined ? null : [...parents, String(parsed(name) ?? name.slice(1, -1))];
}

function known(path: Path, rows: readonly Parameter[]): boolean {
  let parts = rows;
  return path.length > 0 && path.every((name) => {
    const found = parts.find((part) => part.name === name);
    parts = found?.part ?? [];
    return found !== undefined;
  });
}
