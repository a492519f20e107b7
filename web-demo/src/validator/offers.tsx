// What is probably wrong with the settings rather than with the document, and what
// the definition says beyond it.

import type { JSX } from "preact";
import { Button, Notice } from "../ui/parts.tsx";
import { change, defined, documentType, shownText, work } from "./state.ts";
import { CUSTOM, type Work } from "./work.ts";

interface Offer {
  readonly title: string;
  readonly action: string;
  readonly part: Partial<Work>;
  readonly definition?: boolean;
}

/** Says that the document is something else than what it is judged as, or that nobody may send it like this. */
export function Offers(): JSX.Element | null {
  const offer = offerFor(work.value, documentType.value);
  if (offer === null) return <NoGet />;
  const take = (): void => {
    if (offer.definition === true) shownText.value = "definition";
    change(offer.part);
  };
  return <Notice tone="information" title={offer.title}><Button onClick={take}>{offer.action}</Button></Notice>;
}

/** An operation that changes something cannot be asked by GET, however good the query is. */
function NoGet(): JSX.Element | null {
  const { kind, query, fhir, level } = work.value;
  const methods = defined.value?.definition?.methods[fhir][level] ?? [];
  if (kind !== "request" || !query || methods.length === 0 || methods.includes("GET")) return null;
  return <Notice tone="warning" title="No GET here"><p>By its definition, this operation is invoked by {methods.join(", ")} in {fhir}: a server refuses a GET.</p></Notice>;
}

function offerFor({ kind, query, document }: Work, type: string): Offer | null {
  if (type === "OperationDefinition") {
    return {
      title: "This is an OperationDefinition: documents are held against it.", action: "Use it as the definition", definition: true,
      part: { operation: CUSTOM, definition: document, document: "", kind: kind === "notification" ? "request" : kind },
    };
  }
  if (type === "Bundle" && kind !== "notification") return { title: "This is a Bundle.", action: "Check it as a notification", part: { kind: "notification" } };
  if (type === "Parameters" && kind === "notification") return { title: "This is a Parameters.", action: "Check it as a response", part: { kind: "response" } };
  if (kind === "request" && query && type !== "") return { title: "This is a document, not a query.", action: "Check it as the body of a POST", part: { query: false } };
  return null;
}
