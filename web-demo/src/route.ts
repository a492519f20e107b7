// Which view is shown. The fragment says it, and nothing of it leaves the browser:
// `#validator?document=…` carries a document that was shared.

import { signal, type ReadonlySignal } from "@preact/signals";

/** The views of the page, in the order of the navigation. */
export const views = ["live", "token", "validator", "mischief"] as const;

/** A view of the page. */
export type View = (typeof views)[number];

/** What the fragment says. */
export interface Route {
  readonly view: View;
  /** What stands behind the question mark. */
  readonly parameters: URLSearchParams;
}

const current = signal(read());

/** The view that is shown. */
export const route: ReadonlySignal<Route> = current;

/** Returns the fragment of a view, for links. */
export function fragment(view: View, parameters?: URLSearchParams): string {
  return `#${view}${parameters?.size ? `?${parameters}` : ""}`;
}

/** Shows a view. */
export function show(view: View): void {
  location.hash = fragment(view);
}

/** Follows the fragment from now on. */
export function followFragment(): void {
  addEventListener("hashchange", () => {
    current.value = read();
  });
}

function read(): Route {
  const [name = "", query = ""] = location.hash.slice(1).split(/\?(.*)/s, 2);
  const view = views.find((v) => v === name) ?? "live";
  return { view, parameters: new URLSearchParams(query) };
}
