import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Release } from "wsbind";
import { releases } from "../fhir-base.ts";
import { Code } from "../ui/code.tsx";
import { Button, Card, Choice, Field, Notice } from "../ui/parts.tsx";
import { useForeignServer } from "../world.ts";
import { release } from "./settings.ts";

/** Where the page comes from a static host: how to have a server, or use another. */
export function Nowhere(): JSX.Element {
  return (
    <div class="nowhere">
      <Card title="No server behind this page">
        <p>This page came from a static host. The Token view and the Validator work all the same, but for live notifications somebody has to send them.</p>
        <p>The mock server brings this page along, with a world of its own for it:</p>
        <Code text="wsbind serve" what="the command that starts the mock server" />
        <p>Then open the address that it prints.</p>
      </Card>
      <Foreign />
    </div>
  );
}

/** Another FHIR server, where the host of the page lets it. */
function Foreign(): JSX.Element {
  const base = useSignal("");
  const chosen = useSignal<Release>("R4");
  const tried = useSignal(false);
  const error = baseError(base.value);
  const use = (): void => {
    tried.value = true;
    if (error !== "") return;
    release.value = chosen.value;
    useForeignServer(chosen.value, base.value.trim().replace(/\/+$/, ""));
  };
  return (
    <Card title="Use another FHIR server">
      <p>Any server with Subscriptions over websockets will do, if two things let this page speak to it: the server allows the page's origin (CORS), and the page's host
        names the server in the <code>connect-src</code> of its Content-Security-Policy, with http(s) and with ws(s).</p>
      <form class="foreign" onSubmit={(event) => { event.preventDefault(); use(); }} noValidate>
        <Choice label="FHIR release" value={chosen.value} onChange={(value) => { chosen.value = value; }} options={releases.map((value) => ({ value, text: value }))} />
        <Field label="FHIR base" error={tried.value && error !== "" ? error : undefined} hint="Never one with patient data: this page shows all that passes.">
          {(control) => (
            <input {...control} type="url" value={base.value} spellcheck={false} autocomplete="off" placeholder="https://example.org/fhir"
              onInput={(event) => { base.value = event.currentTarget.value; }} />
          )}
        </Field>
        <div class="step-actions"><Button kind="primary" onClick={use}>Use this server</Button></div>
      </form>
    </Card>
  );
}

function baseError(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return "Write an absolute http or https URL.";
  return url.username !== "" || url.search !== "" || url.hash !== "" ? "Write the base alone, without user, query and fragment." : "";
}

/** Tells of requests that the page's own policy stops: for the browser they just fail. */
export function Blocked(): JSX.Element | null {
  const blocked = useSignal("");
  useEffect(() => {
    const onViolation = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void => {
      if (effectiveDirective === "connect-src") blocked.value = URL.canParse(blockedURI) ? new URL(blockedURI).origin : blockedURI;
    };
    document.addEventListener("securitypolicyviolation", onViolation);
    return () => document.removeEventListener("securitypolicyviolation", onViolation);
  }, []);
  if (blocked.value === "") return null;
  return (
    <Notice tone="bad" title={`This page may not speak to ${blocked.value}.`}>
      <p>The browser stopped the request before it left, because the page's Content-Security-Policy does not name that origin.
        Whoever serves this page has to add <code>{blocked.value}</code> to <code>connect-src</code>.</p>
      <Button onClick={() => { blocked.value = ""; }}>Understood</Button>
    </Notice>
  );
}
