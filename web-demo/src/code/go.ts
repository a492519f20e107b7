// Programs in Go, as gofmt leaves them.

/** What a program is made of. */
export interface GoProgram {
  /** The packages it imports, in any order, each once. */
  readonly imports: readonly string[];
  /** The lines of its main function, indented by one tab. */
  readonly main: string;
  /** Further functions, whole. */
  readonly functions?: readonly string[];
}

/** The end of every program that calls it. */
const check = `func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}`;

/** A whole program. It may call check(err), which ends it with the error. */
export function goProgram({ imports, main, functions = [] }: GoProgram): string {
  const all = [...new Set([...imports, "log"])].sort();
  const own = (path: string): boolean => !path.includes(".");
  const groups = [all.filter(own), all.filter((path) => !own(path))].filter((group) => group.length > 0);
  const list = groups.map((group) => group.map((path) => `\t"${path}"`).join("\n")).join("\n\n");
  return [`package main\n\nimport (\n${list}\n)`, `func main() {\n${main}\n}`, ...functions, check].join("\n\n") + "\n";
}

/** The fields of a literal, a line each, with their values aligned. */
export function goFields(fields: Readonly<Record<string, string>>, indent: string): string {
  const width = Math.max(...Object.keys(fields).map((name) => name.length)) + 1;
  return Object.entries(fields).map(([name, value]) => `${indent}${`${name}:`.padEnd(width)} ${value},`).join("\n");
}

/** The packages of this project. */
export const wsbind = {
  binding: "github.com/wsbind/wsbind/core/binding",
  client: "github.com/wsbind/wsbind/mockserver/client",
  fault: "github.com/wsbind/wsbind/core/fault",
  fhir: "github.com/wsbind/wsbind/core/fhir",
  jose: "github.com/wsbind/wsbind/core/jose",
  notification: "github.com/wsbind/wsbind/core/notification",
  opdef: "github.com/wsbind/wsbind/core/opdef",
  schemas: "github.com/wsbind/wsbind/schemas",
  token: "github.com/wsbind/wsbind/core/token",
} as const;
