// A consumer of the kit, as tsc sees the packed package. Nothing here is run.

import {
  codes, issuesToOperationOutcome, load, WsbindError,
  type BindingResponse, type Code, type Definition, type Issue, type Kit, type Notification, type OperationOutcome, type Release, type Verdict,
} from "wsbind";
import wasm from "wsbind/wsbind.wasm";

const kit: Kit = await load();
await load({ module: fetch("https://example.org/wsbind.wasm") });
await load({ module: wasm });
await load({ module: import("wsbind/wsbind.wasm") });
await load({ module: new Uint8Array() });
await load({ module: new URL("https://example.org/wsbind.wasm") });

const verdict: Verdict = kit.validateResponse("{}", { fhir: "R5", level: "instance", maxIssues: 10 });
const issues: readonly Issue[] = verdict.issues;
const outcome: OperationOutcome = issuesToOperationOutcome(issues);
kit.validateRequest(new Uint8Array(), { query: true, definition: "https://example.org/op" });
kit.validateRequest(new URLSearchParams({ id: "a" }), { query: true });
kit.validateNotification({ resourceType: "Bundle" });
interface Parameters { resourceType: "Parameters"; parameter?: { name: string; valueString?: string }[] }
const typed: Parameters = { resourceType: "Parameters" };
kit.validateRequest(typed);

const definition: Definition = kit.define({}, { strict: true });
const fhir: Release | undefined = undefined;
kit.validateRequest("{}", { definition, fhir });
kit.builtIn(kit.describe().definitions[0]!.url).parameters.map(({ name, part }) => [name, part.length]);

const read: BindingResponse | undefined = kit.readResponse("{}").response;
const until: number | undefined = read?.expiration.getTime();
const notification: Notification = kit.readNotification("{}").notification;
const number: bigint | null | undefined = notification.statuses[0]?.events[0]?.eventNumber;

try {
  kit.parseBind("x");
} catch (err) {
  if (err instanceof WsbindError) {
    const code: Code = err.code;
    if (code === "expected-bind") console.log(codes[code].closeStatus, err.issues?.[0]?.position.line);
    // @ts-expect-error: no such code
    if (code === "expected-bint") throw err;
  }
}

// @ts-expect-error: misspelt
kit.validateResponse("{}", { fihr: "R5" });
// @ts-expect-error: queries are requests
kit.validateResponse("{}", { query: true });
// @ts-expect-error: no such release
kit.validateResponse("{}", { fhir: "R6" });
// @ts-expect-error: a verdict is not to be changed
verdict.valid = true;
// @ts-expect-error: an invalid answer, or that of another operation, has no response
kit.readResponse("{}").response.token;
// @ts-expect-error: a verdict has issues, and is none
issuesToOperationOutcome(verdict);
// @ts-expect-error: the type is exported, the class is not
new Kit();

export { outcome, until, number };
