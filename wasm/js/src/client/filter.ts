/**
 * The filters of a Subscription: one string each in the guide, members in R5.
 * Read from either, and written as either.
 */

import { isText, readOptions, refuse, show } from "../options.js";

/** One condition on the resource that an event is about. */
export interface SubscriptionFilter {
  /** The type that it is for. Default: each of the topic's types that has the parameter. */
  readonly resourceType?: string | undefined;
  /** The search parameter, such as `status`. */
  readonly parameter: string;
  /** How an ordered value compares, such as `ge`. There is a comparator or a modifier, not both. */
  readonly comparator?: "eq" | "ne" | "gt" | "lt" | "ge" | "le" | "sa" | "eb" | "ap" | undefined;
  /** The search modifier, such as `not`. */
  readonly modifier?: string | undefined;
  /** The value, as search has it: several are separated by commas. Not percent-encoded. */
  readonly value: string;
}

const known: readonly (keyof SubscriptionFilter)[] = ["resourceType", "parameter", "comparator", "modifier", "value"];

const comparators = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

/** Checks filters and takes them apart. A search with several conditions is several filters: all must hold either way. */
export function readFilters(filters: readonly (string | SubscriptionFilter)[]): SubscriptionFilter[] {
  if (!Array.isArray(filters)) refuse(`filters is ${show(filters)}, a list is due`);
  return filters.flatMap((filter: unknown) => (typeof filter === "string" ? readSearch(filter) : [checkFilter(filter as SubscriptionFilter)]));
}

function checkFilter(given: SubscriptionFilter): SubscriptionFilter {
  const filter = readOptions("a filter", given, known);
  const { resourceType, parameter, comparator, modifier, value } = filter;
  const wrong = (name: string, bad: unknown, due: string): never => refuse(`filters: ${name} is ${show(bad)}, ${due} is due`);
  if (resourceType !== undefined && !isType(resourceType)) wrong("resourceType", resourceType, "the name of a resource type");
  if (typeof parameter !== "string" || !/^[A-Za-z0-9_.-]+$/.test(parameter)) wrong("parameter", parameter, "the name of a search parameter");
  if (comparator !== undefined && !comparators.includes(comparator)) wrong("comparator", comparator, `one of ${comparators.join(", ")}`);
  if (modifier !== undefined && (typeof modifier !== "string" || !/^[A-Za-z-]+$/.test(modifier))) wrong("modifier", modifier, "the name of a search modifier");
  if (comparator !== undefined && modifier !== undefined) refuse("filters: there is a comparator and a modifier: give one of them");
  if (!isText(value)) wrong("value", value, "a text");
  return filter;
}

function isType(name: unknown): boolean {
  return typeof name === "string" && /^[A-Z][A-Za-z]{1,63}$/.test(name);
}

/** Reads `p=v`, `p:mod=v`, `Type.p=v` and `Type?p=v`, of which several may be joined by `&`. */
function readSearch(text: string): SubscriptionFilter[] {
  const mark = text.indexOf("?");
  const typed = mark >= 0 && !text.slice(0, mark).includes("=");
  const type = typed ? text.slice(0, mark) : "";
  const pieces = (typed ? text.slice(mark + 1) : text).split("&").filter((piece) => piece !== "");
  if (pieces.length === 0) refuse(`filters: ${show(text)} has no condition: write parameter=value`);
  return pieces.map((piece) => readCondition(text, type, piece));
}

function readCondition(text: string, type: string, piece: string): SubscriptionFilter {
  const equals = piece.indexOf("=");
  if (equals < 1) refuse(`filters: ${show(text)} cannot be read: a condition is written parameter=value`);
  const [name = "", ...modifiers] = decode(text, piece.slice(0, equals)).split(":");
  const [first = "", ...rest] = name.split(".");
  const own = rest.length > 0 && isType(first) ? first : "";
  if (own !== "" && type !== "" && own !== type) refuse(`filters: ${show(text)} names two resource types, ${type} and ${own}`);
  const resourceType = own || type;
  return checkFilter({
    ...(resourceType !== "" && { resourceType }),
    parameter: own === "" ? name : rest.join("."),
    ...(modifiers.length > 0 && { modifier: modifiers.join(":") }),
    value: decode(text, piece.slice(equals + 1)),
  });
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch (err) {
    return refuse(`filters: the percent-encoding of ${show(text)} is broken`, err);
  }
}

/** Writes a filter as the guide's string. Only what would be misread is percent-encoded: not every server decodes it. */
export function filterText({ resourceType, parameter, comparator, modifier, value }: SubscriptionFilter): string {
  // Equality is what a search means anyway, and a code with a prefix is another code.
  const prefix = comparator === undefined || comparator === "eq" ? "" : comparator;
  const prefixed = value.split(",").map((alternative) => prefix + alternative).join(",");
  const encoded = prefixed.replace(/[%&+#\s]/g, encodeURIComponent);
  return `${resourceType === undefined ? "" : `${resourceType}?`}${parameter}${modifier === undefined ? "" : `:${modifier}`}=${encoded}`;
}

/** Writes a filter as R5's members. */
export function filterBy({ resourceType, parameter, comparator, modifier, value }: SubscriptionFilter): object {
  return {
    ...(resourceType !== undefined && { resourceType }),
    filterParameter: parameter,
    ...(comparator !== undefined && { comparator }),
    ...(modifier !== undefined && { modifier }),
    value,
  };
}
