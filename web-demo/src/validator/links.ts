// Links that carry the work, and how they are followed.

import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { asError } from "../engine.ts";
import { fragment, route } from "../route.ts";
import { sentence } from "../ui/words.ts";
import { LINK_LIMIT, pack, unpack } from "./share.ts";
import { begin, message, work } from "./state.ts";
import { CUSTOM, type Work } from "./work.ts";

/** The member of the fragment that carries a document. */
const CARRIED = "document";

/** A link that was made, or how long it would be. */
export type Link = { readonly state: "made"; readonly url: string; readonly of: Work } | { readonly state: "too-long"; readonly length: number; readonly of: Work };

const latest = signal<Link | null>(null);

/** The link that was made last, unless the work has changed since. */
export const link: ReadonlySignal<Link | null> = latest;

/** Makes a link that carries the work. */
export async function makeLink(): Promise<void> {
  const of = work.value;
  const carried = await pack({ ...of, definition: of.operation === CUSTOM ? of.definition : "" });
  const url = new URL(fragment("validator", new URLSearchParams({ [CARRIED]: carried })), location.href).href;
  latest.value = url.length > LINK_LIMIT ? { state: "too-long", length: url.length, of } : { state: "made", url, of };
}

/** What was followed last: coming back to the view does not undo what was changed since. */
let followed: string | null = null;

effect(() => {
  const { view, parameters } = route.value;
  const carried = view === "validator" ? parameters.get(CARRIED) : null;
  if (carried === null || carried === followed) return;
  followed = carried;
  void follow(carried);
});

effect(() => {
  if (latest.value !== null && latest.value.of !== work.value) latest.value = null;
});

async function follow(carried: string): Promise<void> {
  try {
    const carriedWork = await unpack(carried);
    if (carried !== followed) return; // another link was followed meanwhile
    begin(carriedWork);
    message.value = { tone: "information", title: "This document came with the link.", text: "It is judged here, and has not been sent anywhere." };
  } catch (err) {
    message.value = { tone: "bad", title: sentence(asError(err).message), text: "Ask for it again, or for the document as a file." };
  }
}
