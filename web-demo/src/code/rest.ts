// One HTTP request in each language, and what was answered printed.

import { goProgram } from "./go.ts";
import { jsLiteral, jsonLiteral } from "./literal.ts";
import { goRaw, goString, jsString, shellWord } from "./quote.ts";

/** A request. */
export interface Exchange {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  /** What is sent, as a JSON value; nothing where it is undefined. */
  readonly body?: unknown;
  /** The media type of what is sent. */
  readonly type?: string;
}

/** The media type of FHIR's JSON. */
export const FHIR_JSON = "application/fhir+json";

/** The media type that the management interface reads. */
export const JSON_TYPE = "application/json";

/** The request by curl. */
export function restCurl({ method, url, body, type = FHIR_JSON }: Exchange): string {
  const implied = body === undefined ? "GET" : "POST";
  const options = [
    "-sS",
    ...(/[[\]{}]/.test(url) ? ["-g"] : []), // curl has a meaning of its own for brackets
    ...(method === "DELETE" ? ["-i"] : []), // there is nothing but the status to see
    ...(method === implied ? [] : ["-X", method]),
  ];
  const lines = [`curl ${options.join(" ")} ${shellWord(url)}`];
  if (body !== undefined) lines.push(`-H ${shellWord(`Content-Type: ${type}`)}`, `-d ${shellWord(jsonLiteral(body))}`);
  return `${lines.join(" \\\n  ")}\n`;
}

/** The request as a program in Go. */
export function restGo(exchange: Exchange): string {
  const { method, body } = exchange;
  const imports = ["fmt", "io", "log", "net/http", "os", ...(body === undefined ? [] : ["strings"])];
  const asked = method === "GET" || method === "POST" ? short(exchange) : long(exchange);
  return goProgram({
    imports,
    main: `${asked}
	check(err)
	defer answer.Body.Close()
	fmt.Println(answer.Status)
	_, err = io.Copy(os.Stdout, answer.Body)
	check(err)`,
  });
}

function short({ method, url, body, type = FHIR_JSON }: Exchange): string {
  if (method === "GET") return `\tanswer, err := http.Get(${goString(url)})`;
  if (body === undefined) return `\tanswer, err := http.Post(${goString(url)}, ${goString(type)}, nil)`;
  return `\tbody := strings.NewReader(${goRaw(jsonLiteral(body))})\n\tanswer, err := http.Post(${goString(url)}, ${goString(type)}, body)`;
}

function long({ method, url, body, type = FHIR_JSON }: Exchange): string {
  const lines = body === undefined ? [] : [`body := strings.NewReader(${goRaw(jsonLiteral(body))})`];
  lines.push(`request, err := http.NewRequest(${goString(method)}, ${goString(url)}, ${body === undefined ? "nil" : "body"})`, "check(err)");
  if (body !== undefined) lines.push(`request.Header.Set("Content-Type", ${goString(type)})`);
  lines.push("answer, err := http.DefaultClient.Do(request)");
  return lines.map((line) => `\t${line}`).join("\n");
}

/** The request by fetch. */
export function restJS({ method, url, body, type = FHIR_JSON }: Exchange): string {
  const lines = [`  method: ${jsString(method)},`];
  if (body !== undefined) {
    lines.push(`  headers: ${jsLiteral({ "content-type": type })},`, `  body: JSON.stringify(${jsLiteral(body, "  ", 23)}),`);
  }
  const options = method === "GET" ? "" : `, {\n${lines.join("\n")}\n}`;
  return `const answer = await fetch(${jsString(url)}${options});\nconsole.log(answer.status, await answer.text());\n`;
}
