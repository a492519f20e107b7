import type { JSX } from "preact";
import { server } from "../server.ts";
import { Button, Empty, Notice } from "../ui/parts.tsx";
import { world } from "../world.ts";
import { Assertions } from "./assertions.tsx";
import { ClockCard } from "./clock-card.tsx";
import { FaultList } from "./fault-list.tsx";
import { Feed } from "./feed.tsx";
import { HappenCard } from "./happen-card.tsx";
import { NoTenant } from "./no-tenant.tsx";
import { OwnClient } from "./own-client.tsx";
import { off, OFF, tenant } from "./tenant.ts";
import { Planned } from "./planned.tsx";
import { Suggestions } from "./suggestions.tsx";
import { Verdicts } from "./verdicts.tsx";
import { catalogue, lookAgain, trouble, useMischief } from "./watch.ts";
import { WorldCard } from "./world-card.tsx";

/** The view. */
export function MischiefView(): JSX.Element {
  useMischief();
  if (world.value.state === "there" && tenant.value === null) return <NoTenant />;
  if (catalogue.value.length === 0) return <Beginning />;
  return (
    <div class="mischief">
      {off.value !== null && <p class="off" id={OFF}>{off.value}</p>}
      <Trouble />
      <Suggestions />
      <div class="mischief-columns">
        <div class="stack">
          <div class="stack faults-part"><HappenCard /><Planned /><FaultList /></div>
          <div class="stack world-part"><WorldCard /></div>
        </div>
        <div class="stack">
          <div class="stack feed-part"><Feed /><Verdicts /></div>
          <div class="stack client-part"><ClockCard /><OwnClient /><Assertions /></div>
        </div>
      </div>
    </div>
  );
}

/** Before anything is known of the world. */
function Beginning(): JSX.Element {
  if (trouble.value !== null) return <Trouble />;
  if (server.value.state === "none" || server.value.state === "looking") return <NoTenant />;
  if (world.value.state === "failed") return <Empty title="There is no world yet"><p>Above is why. Mischief is done to a world of this page's own, so that nobody else is disturbed.</p></Empty>;
  return <Empty title="The world is being made"><p>The page makes a world of its own with the mock server, so that nobody else is disturbed.</p></Empty>;
}

function Trouble(): JSX.Element | null {
  if (trouble.value === null || server.value.state === "away") return null;
  return (
    <Notice tone="bad" title="The server could not be asked.">
      <p>{trouble.value.message}</p>
      <Button onClick={lookAgain}>Ask again</Button>
    </Notice>
  );
}
