import type { JSX } from "preact";
import { FromCode } from "../code/from-code.tsx";
import { validate } from "../code/snippets.ts";
import { Copy } from "../ui/code.tsx";
import { Button, Card, Notice } from "../ui/parts.tsx";
import { link, makeLink } from "./links.ts";
import { LINK_LIMIT } from "./share.ts";
import { defined, work } from "./state.ts";
import { CUSTOM } from "./work.ts";

/** How to take it along: as a link, or as code. */
export function ShareCard(): JSX.Element {
  const { kind, fhir, level, query, operation } = work.value;
  const definition = operation === CUSTOM ? null : (defined.value?.definition?.url ?? null);
  return (
    <Card title="Take it along">
      <div class="share">
        <p class="hint">A link carries the whole document, with any token in it. Do not share patient data. It stands behind the #, which browsers send to no server.</p>
        <Button onClick={() => void makeLink()}>Make a link</Button>
        <Made />
      </div>
      <FromCode what={`Check a ${kind}`} snippets={() => validate({ what: kind, fhir, definition, query: kind === "request" && query, level })} />
    </Card>
  );
}

function Made(): JSX.Element | null {
  const made = link.value;
  if (made === null) return null;
  if (made.state === "too-long") {
    return (
      <Notice tone="warning" title="The document is too long for a link.">
        <p>It would have {made.length.toLocaleString("en")} characters. Mail programs and chats cut off links beyond {LINK_LIMIT.toLocaleString("en")}.
          Send the document as a file: whoever drops it here gets the same verdict.</p>
      </Notice>
    );
  }
  return (
    <div class="made">
      <input type="text" readOnly aria-label="The link" value={made.url} onFocus={(event) => event.currentTarget.select()} />
      <Copy text={made.url} what="the link" />
      <span class="hint">{made.url.length.toLocaleString("en")} characters</span>
    </div>
  );
}
