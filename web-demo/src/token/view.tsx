import type { JSX } from "preact";
import { verifyToken } from "../code/snippets.ts";
import { FromCode } from "../code/from-code.tsx";
import { engine } from "../engine.ts";
import { Card, Empty } from "../ui/parts.tsx";
import { Against } from "./against.tsx";
import { Contents } from "./contents.tsx";
import { audienceDue, found, issuerDue, jwksOfWorld, token } from "./inspector.ts";
import { Rules } from "./rules-list.tsx";
import { TokenInput } from "./token-input.tsx";

/** The token inspector. */
export function TokenView(): JSX.Element {
  return (
    <div class="token-view">
      <div class="token-asked">
        <Card title="The token"><TokenInput /></Card>
        <Card title="What it is held against">
          <Against />
          <FromCode what="Verify a token" snippets={() => verifyToken({
            jwks: jwksOfWorld() ?? "https://fhir.example/.well-known/jwks.json",
            issuer: issuerDue.value || "https://fhir.example/R4", audience: audienceDue.value || "wss://fhir.example/ws",
          })} />
        </Card>
      </div>
      <div class="token-told"><Result /></div>
    </div>
  );
}

function Result(): JSX.Element {
  const result = found.value;
  if (engine.value.state === "loading") return <Empty title="The module that knows the rules is on its way" />;
  if (result.state !== "found" || token.value.trim() === "") {
    return (
      <Empty title="No token yet">
        <p>Paste one, take a sample, or get one in Live. You will see what it says, and which of its rules it keeps.</p>
      </Empty>
    );
  }
  return (
    <>
      <Rules inspection={result.inspection} />
      <Contents inspection={result.inspection} at={result.at} />
    </>
  );
}
