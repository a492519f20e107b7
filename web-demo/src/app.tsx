import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { EngineFacts } from "./engine-facts.tsx";
import { LiveView } from "./live/view.tsx";
import { MischiefView } from "./mischief/view.tsx";
import { fragment, route, views, type View } from "./route.ts";
import { ServerNotice, ServerPill } from "./server-status.tsx";
import { TokenView } from "./token/view.tsx";
import { Announcer } from "./ui/announce.tsx";
import { ThemeButton } from "./ui/theme.tsx";
import { ValidatorView } from "./validator/view.tsx";

/** The views, with what they are for in a sentence. */
const content: Readonly<Record<View, { readonly name: string; readonly lead: string; readonly view: () => JSX.Element }>> = {
  live: {
    name: "Live",
    lead: "A FHIR client that cannot open a port gets its notifications over a websocket. It asks for a token, connects, shows the token, and listens. Do it here, step by step.",
    view: LiveView,
  },
  token: {
    name: "Token",
    lead: "A binding token is a signed JWS. See what it says, whether the signature holds, and which rule it breaks.",
    view: TokenView,
  },
  validator: {
    name: "Validator",
    lead: "Hold a request, a response or a notification against its definition. Nothing leaves this page.",
    view: ValidatorView,
  },
  mischief: {
    name: "Mischief",
    lead: "Make the server wrong on request, move its clock, and read what it thinks of its clients.",
    view: MischiefView,
  },
};

/** The page: what is always there, and one view. */
export function App(): JSX.Element {
  const { view } = route.value;
  const { name, lead, view: Shown } = content[view];
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${name} - wsbind: FHIR websocket subscriptions`;
    if (!first.current) heading.current?.focus(); // as a browser does with a new page
    first.current = false;
  }, [view]);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); heading.current?.focus(); }}>Skip to the content</a>
      <header class="top">
        <a class="brand" href={fragment("live")}><img src="favicon.svg" alt="" width="28" height="28" />wsbind</a>
        <nav aria-label="Views">
          {views.map((v) => (
            <a key={v} href={fragment(v)} aria-current={v === view ? "page" : undefined}>{content[v].name}</a>
          ))}
        </nav>
        <div class="top-end">
          <ServerPill />
          <ThemeButton />
        </div>
      </header>
      <main id="content">
        <div class="intro">
          <h1 ref={heading} tabIndex={-1}>{name}</h1>
          <p class="lead">{lead}</p>
        </div>
        <ServerNotice />
        <Shown key={view} />
      </main>
      <footer class="foot"><EngineFacts /></footer>
      <Announcer />
    </>
  );
}
