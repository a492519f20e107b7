// The definition that is held against the document, and which of its parameters the
// issues are about.

import { computed, type ReadonlySignal } from "@preact/signals";
import type { Issue, Parameter } from "wsbind";
import { parsed } from "../json.ts";
import { parameterOf, rowsOf, type Contract, type Path } from "./parameters.ts";
import { defined, result, work } from "./state.ts";

/** A parameter as a row of the table. */
export interface Row {
  readonly path: Path;
  readonly parameter: Parameter;
  readonly issues: readonly Issue[];
}

const contract: ReadonlySignal<Contract | null> = computed(() => {
  const parameters = defined.value?.definition?.parameters;
  const { kind, level } = work.value;
  return parameters === undefined || kind === "notification" ? null : { parameters, use: kind === "request" ? "in" : "out", level };
});

/** The path of the parameter that each issue is about. */
export const paths: ReadonlySignal<ReadonlyMap<Issue, Path>> = computed(() => {
  const now = result.value;
  const against = contract.value;
  if (now.state !== "judged" || against === null || now.judged.issues.length === 0) return new Map();
  const document = parsed(now.text);
  const found = now.judged.issues.map((issue) => [issue, parameterOf(issue, document, against)] as const);
  return new Map(found.filter((pair): pair is readonly [Issue, Path] => pair[1] !== null));
});

/** The parameters of a use, with their parts below them. */
export function tableOf(use: "in" | "out"): readonly Row[] {
  const against = contract.value;
  if (against === null) return [];
  const about = use === against.use ? paths.value : new Map<Issue, Path>();
  return rowsOf({ ...against, use }).flatMap((parameter) => withParts([], parameter, about));
}

/** The id of a row in the page. */
export function rowId(path: Path): string {
  return `parameter-${path.map(encodeURIComponent).join("-")}`;
}

function withParts(parents: Path, parameter: Parameter, about: ReadonlyMap<Issue, Path>): readonly Row[] {
  const path = [...parents, parameter.name];
  const issues = [...about].filter(([, of]) => of.length === path.length && of.every((name, at) => name === path[at])).map(([issue]) => issue);
  return [{ path, parameter, issues }, ...parameter.part.flatMap((part) => withParts(path, part, about))];
}
