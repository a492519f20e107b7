import type { JSX } from "preact";
import { Copy } from "../ui/code.tsx";
import { Card } from "../ui/parts.tsx";
import { here } from "../world.ts";

/** Where a client of the reader's own finds this world. */
export function OwnClient(): JSX.Element {
  const bases = Object.entries(here.value?.bases ?? {});
  return (
    <Card title="Your own client in this world">
      <p>Point a client at one of these bases. Whatever it does is judged here as well, and the faults strike it, too.</p>
      <ul class="bases">
        {bases.map(([release, base]) => <li key={release}><strong>{release}</strong> <code>{base}</code> <Copy text={base} what={`the base of ${release}`} /></li>)}
      </ul>
    </Card>
  );
}
