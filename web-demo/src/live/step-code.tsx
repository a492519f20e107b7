import type { JSX } from "preact";
import { FromCode } from "../code/from-code.tsx";
import * as snippets from "../code/snippets.ts";
import { here } from "../world.ts";
import type { StepName } from "./facts.ts";
import { resource, SEVERAL } from "./make-events.ts";
import { base, events, facts, wanted } from "./session.ts";
import { release, topicError } from "./settings.ts";

/** What stands for an id before there is one. */
const NO_ID = "SUBSCRIPTION-ID";

/** The same step from code. */
export function StepCode({ step }: { readonly step: StepName }): JSX.Element | null {
  if (base.value === "" || (step === "create" && topicError.value !== "")) return null;
  const at = { base: base.value, fhir: release.value };
  const created = facts.value.subscriptions.map(({ id }) => id);
  const ids = created.length > 0 ? created : [NO_ID];
  switch (step) {
    case "create": return <FromCode what="Create a Subscription" snippets={() => snippets.createSubscription({ ...at, resource: wanted() })} />;
    case "token": return <FromCode what="Get a binding token" snippets={() => snippets.getToken({ ...at, ids })} />;
    case "connect": return <FromCode what="Connect" snippets={() => snippets.connect({ ...at, ids })} />;
    case "bind": return <FromCode what="Bind" snippets={() => snippets.bind({ ...at, ids })} />;
    case "listen": return <ListenCode ids={ids} />;
    case "renew": return <FromCode what="Renew" snippets={() => snippets.renew({ ...at, ids })} />;
    case "disconnect": return <FromCode what="Disconnect" snippets={() => snippets.disconnect({ ...at, ids })} />;
  }
}

function ListenCode({ ids }: { readonly ids: readonly string[] }): JSX.Element {
  const at = { base: base.value, fhir: release.value };
  const tenant = here.value?.tenant;
  const strip = events.value.strips.find(({ missing }) => missing.length > 0);
  const { from, to } = strip?.missing[0] ?? { from: 1n, to: 3n };
  const id = strip?.subscription ?? ids[0]!;
  return (
    <div class="codes">
      <FromCode what="Listen" snippets={() => snippets.listen({ ...at, ids })} />
      <FromCode what={`Create ${resource().resourceType}`} snippets={() => snippets.createEvent({ ...at, resource: resource() })} />
      {tenant && <FromCode what={`${SEVERAL} events`} snippets={() => snippets.emitEvents({ management: tenant.management, subscription: ids[0]!, count: SEVERAL, fhir: at.fhir })} />}
      <FromCode what="Catch up" snippets={() => snippets.catchUp({ ...at, id, from, to })} />
    </div>
  );
}
