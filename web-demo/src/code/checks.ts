// Snippets that judge documents and verify tokens. They read these from files and
// from the variable TOKEN: what is on the page may be secret.

import type { Level, Release } from "wsbind";
import { goFields, goProgram, wsbind } from "./go.ts";
import { jsLiteral, jsLiteralWith } from "./literal.ts";
import type { Snippets } from "./place.ts";
import { goString, jsString, shellWord } from "./quote.ts";

/** What is judged, and by what. */
export interface Judged {
  readonly what: "request" | "response" | "notification";
  readonly fhir: Release;
  /** The canonical URL of a definition that is built in; null for another one, which is read from definition.json. */
  readonly definition: string | null;
  /** True if the request is the query of a GET. */
  readonly query: boolean;
  /** Where the operation is invoked; default type. */
  readonly level?: Level | undefined;
}

/** Which tokens are accepted. What is null is not compared. */
export interface Accepted {
  /** Where the JWK Set is; null for the file jwks.json. */
  readonly jwks: string | null;
  readonly issuer: string | null;
  readonly audience: string | null;
  /** Default ES256, which the mock signs with unless it is told otherwise. */
  readonly algorithms?: readonly string[] | undefined;
}

/** Judges a document. */
export function validate(judged: Judged): Snippets {
  return judged.what === "notification" ? validateNotification(judged.fhir) : validateOperation(judged);
}

function validateNotification(fhir: Release): Snippets {
  const js = `import { readFile } from "node:fs/promises";
import { load } from "wsbind";

const kit = await load();
const document = await readFile("notification.json");
const { valid, issues } = kit.validateNotification(document, { fhir: ${jsString(fhir)} });
${printIssues}`;
  const go = goProgram({
    imports: ["fmt", "os", wsbind.fault, wsbind.fhir, wsbind.notification],
    main: `	document, err := os.ReadFile("notification.json")
	check(err)
	var checker notification.Checker
	issues := checker.Check(document, fhir.${fhir})
${printGoIssues}`,
  });
  return { curl: `wsbind notification --fhir ${fhir} notification.json\n`, go, js };
}

const printIssues = `console.log(valid ? "valid" : "not valid");
for (const { severity, code, diagnostics } of issues) console.log(severity, code, diagnostics);
`;

const printGoIssues = `	for _, issue := range issues {
		fmt.Println(issue.Severity, issue.Code, issue.Diagnostics)
	}
	fmt.Println("valid:", fault.Valid(issues))`;

function validateOperation(judged: Judged): Snippets {
  const js = operationJS(judged);
  // wsbind validate reads bodies only.
  const curl = judged.query ? `node --input-type=module --eval ${shellWord(js)}\n` : operationCurl(judged);
  return { curl, go: operationGo(judged), js };
}

function operationCurl({ what, fhir, definition, level }: Judged): string {
  const flags = [...(what === "request" ? ["--use in"] : []), ...(level === undefined ? [] : [`--level ${level}`]), `--fhir ${fhir}`];
  const contract = definition === null ? "--definition definition.json" : `\\\n  --definition ${shellWord(definition)} \\\n `;
  return `wsbind validate ${flags.join(" ")} ${contract} ${what}.json\n`;
}

function operationJS({ what, fhir, definition, query, level }: Judged): string {
  const method = what === "request" ? "validateRequest" : "validateResponse";
  const file = query ? "query.txt" : `${what}.json`;
  const own = definition === null;
  const rest = { level, ...(query && { query }) };
  const options = own ? jsLiteralWith("definition", { fhir, ...rest }, 60) : jsLiteral({ fhir, definition, ...rest }, "", 60);
  return `import { readFile } from "node:fs/promises";
import { load } from "wsbind";

const kit = await load();
${own ? 'const definition = kit.define(await readFile("definition.json"));\n' : ""}const document = await readFile("${file}");
const { valid, issues } = kit.${method}(document, ${options});
${printIssues}`;
}

const levels = { type: "TypeLevel", instance: "InstanceLevel", system: "SystemLevel" } as const;

function operationGo({ what, fhir, definition, query, level = "type" }: Judged): string {
  const own = definition === null;
  const use = what === "request" ? "In" : "Out";
  const found = own ? '	definition, err := os.ReadFile("definition.json")\n	check(err)' : `	definition, _ := schemas.Lookup(${goString(definition)})`;
  return goProgram({
    imports: ["fmt", "os", wsbind.fault, wsbind.fhir, wsbind.opdef, ...(own ? [] : [wsbind.schemas])],
    main: `	document, err := os.ReadFile("${query ? "query.txt" : `${what}.json`}")
	check(err)
${found}
	loaded := opdef.Load(definition${own ? "" : ".Bytes()"}, opdef.Options{})
	if loaded.Definition == nil {
		log.Fatal(&fault.Invalid{Issues: loaded.Issues})
	}
	v := opdef.NewValidator(loaded.Definition, fhir.${fhir})
	issues := ${query ? `v.ValidateQuery(string(document), opdef.${levels[level]})` : `v.Validate(document, opdef.${use}, opdef.${levels[level]})`}
${printGoIssues}`,
  });
}

/** Verifies the token in the variable TOKEN. */
export function verifyToken({ jwks, issuer, audience, algorithms = ["ES256"] }: Accepted): Snippets {
  return {
    curl: verifyCurl({ jwks, issuer, audience, algorithms }),
    go: verifyGo({ jwks, issuer, audience, algorithms }),
    js: verifyJS({ jwks, issuer, audience, algorithms }),
  };
}

function verifyCurl({ jwks, issuer, audience, algorithms = [] }: Accepted): string {
  const lines = [
    `printf %s "$TOKEN" | wsbind verify --alg ${shellWord(algorithms.join(","))}`,
    `--keys ${jwks === null ? "jwks.json" : `<(curl -sS ${shellWord(jwks)})`}`,
    ...(issuer === null ? [] : [`--issuer ${shellWord(issuer)}`]),
    ...(audience === null ? [] : [`--audience ${shellWord(audience)}`]),
  ];
  return `${lines.join(" \\\n  ")}\n`;
}

function verifyJS({ jwks, issuer, audience, algorithms }: Accepted): string {
  const policy = {
    ...(jwks !== null && { jwksUrl: jwks }),
    ...(issuer === null ? { anyIssuer: true } : { issuer }),
    ...(audience === null ? { anyAudience: true } : { audience }),
    algorithms,
  };
  const options = jsLiteral(policy, "", 24);
  if (jwks !== null) return `import { verifier } from "wsbind";\n\nconst tokens = verifier(${options});\nconsole.log(await tokens.verify(process.env.TOKEN));\n`;
  return `import { readFile } from "node:fs/promises";
import { verifier } from "wsbind";

const keys = JSON.parse(await readFile("jwks.json", "utf8"));
const tokens = verifier(${jsLiteralWith("keys", policy, 24)});
console.log(await tokens.verify(process.env.TOKEN));
`;
}

function verifyGo({ jwks, issuer, audience, algorithms = [] }: Accepted): string {
  const set = jwks === null
    ? '	set, err := os.ReadFile("jwks.json")\n	check(err)'
    : `	answer, err := http.Get(${goString(jwks)})\n	check(err)\n	defer answer.Body.Close()\n	set, err := io.ReadAll(answer.Body)\n	check(err)`;
  const policy = {
    Algorithms: `[]token.Algorithm{${algorithms.map(goString).join(", ")}}`,
    ...(issuer === null ? { AnyIssuer: "true" } : { Issuer: goString(issuer) }),
    ...(audience === null ? { AnyAudience: "true" } : { Audience: goString(audience) }),
  };
  return goProgram({
    imports: [...(jwks === null ? [] : ["io", "net/http"]), "fmt", "os", "time", wsbind.jose, wsbind.token],
    main: `${set}
	keys, err := jose.ParseSet(set)
	check(err)
	v := jose.Verifier{Keys: keys, Policy: token.Policy{
${goFields(policy, "\t\t")}
	}}
	claims, err := v.Verify(os.Getenv("TOKEN"), time.Now())
	check(err)
	fmt.Printf("%s\\n", claims.Raw)`,
  });
}
