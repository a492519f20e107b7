import type { JSX } from "preact";
import { engine } from "../engine.ts";
import { server } from "../server.ts";
import { Card, Empty } from "../ui/parts.tsx";
import { world } from "../world.ts";
import { Drive } from "./drive.tsx";
import { EventStrip } from "./event-strip.tsx";
import { Blocked, Nowhere } from "./nowhere.tsx";
import { base } from "./session.ts";
import { Setup } from "./setup.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import { Story } from "./story.tsx";
import { TokenLife } from "./token-life.tsx";
import { Wire } from "./wire.tsx";

/** The view: the channel step by step, what passes, and what comes of it. */
export function LiveView(): JSX.Element {
  const here = world.value.state;
  if (server.value.state === "looking") return <Waiting />;
  if (here === "failed") return <Empty title="No world to work in"><p>Without one there is no FHIR base to subscribe at. Once the server makes one, the steps are here.</p></Empty>;
  return (
    <>
      <Blocked />
      {here === "none" ? <Nowhere /> : <Channel blocked={blocked()} />}
    </>
  );
}

function Waiting(): JSX.Element {
  return (
    <Card title="The channel, step by step">
      <p class="hint" aria-busy="true">Looking for a server…</p>
    </Card>
  );
}

function Channel({ blocked }: { readonly blocked: string }): JSX.Element {
  return (
    <div class="live">
      <Card title="The channel, step by step" class="live-story">
        <Setup />
        <Drive blocked={blocked} />
        {blocked !== "" && <p class="blocked">{blocked}</p>}
        <Story blocked={blocked} />
      </Card>
      <div class="live-seen">
        <div class="live-now">
          <TokenLife />
          <EventStrip blocked={blocked} />
        </div>
        <Wire />
      </div>
      <Shortcuts />
    </div>
  );
}

/** Why no step can be taken; "" if they can. */
function blocked(): string {
  if (server.value.state === "away") return "The server is gone: the steps wait until it is back.";
  if (engine.value.state === "loading") return "The WebAssembly module is on its way: the steps need it to check what comes.";
  if (engine.value.state === "failed") return "The WebAssembly module did not start, and nothing can be checked without it.";
  if (world.value.state === "making") return "The server makes a world for this page: the steps wait for it.";
  return base.value === "" ? "This world has no base of that release." : "";
}
