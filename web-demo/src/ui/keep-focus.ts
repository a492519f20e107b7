// The focus is not lost where something that had it goes away: a button that did
// its work, a notice that holds no more, a view that gives way to another.

/** Puts the focus on the heading of what is left, from now on, wherever its element is taken out of the page. */
export function keepFocus(): void {
  let path: readonly Element[] = [];
  document.addEventListener("focusin", ({ target }) => {
    path = target instanceof Element ? ancestors(target) : [];
  });
  new MutationObserver(() => {
    const [last] = path;
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    focusHeading(path.find((element) => element.isConnected) ?? document.body);
  }).observe(document.body, { childList: true, subtree: true });
}

function ancestors(element: Element | null): Element[] {
  const path: Element[] = [];
  for (let at = element; at; at = at.parentElement) path.push(at);
  return path;
}

/** The heading of the card that it was in, else that of the view. */
function focusHeading(left: Element): void {
  const heading = left.closest("section")?.querySelector<HTMLElement>("h2") ?? document.querySelector<HTMLElement>("h1");
  if (!heading) return;
  if (heading.tabIndex < 0) heading.tabIndex = -1; // it can be given the focus, and is no stop of the Tab key
  heading.focus({ preventScroll: true });
}
