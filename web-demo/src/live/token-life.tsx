import type { JSX } from "preact";
import { now } from "../clock.ts";
import { Card, Badge } from "../ui/parts.tsx";
import { here } from "../world.ts";
import { lifeOf, renewFrom, renewUntil, type Life } from "./life.ts";
import { facts } from "./session.ts";

/** How long the token still lives, and when it should be renewed. */
export function TokenLife(): JSX.Element {
  const { grant, received, bound } = facts.value;
  if (!grant) {
    return (
      <Card title="Token" class="life">
        <div class="life-body">
          <Ring life={null} />
          <p class="hint">No token yet. It comes with step 2, lives for minutes, and this clock shows how many are left.</p>
        </div>
      </Card>
    );
  }
  const life = lifeOf(received, grant.expiration.getTime(), now.value);
  return (
    <Card title="Token" class="life" aside={<Badge tone={life.tone}>{word(life, bound)}</Badge>}>
      <div class="life-body">
        <Ring life={life} />
        <div class="life-words">
          <p class="life-left">{life.words}</p>
          <p class="hint">{life.over < renewFrom && <span class="life-swatch" />}{life.advice}</p>
          {here.value?.virtual && <p class="hint">The clock is virtual: it moves when Mischief advances it.</p>}
        </div>
      </div>
    </Card>
  );
}

function word({ over, tone }: Life, bound: boolean): string {
  if (over >= 1) return "expired";
  if (tone === "warning") return "runs out";
  if (tone === "information") return "time to renew";
  return bound ? "bound" : "not bound";
}

/** The ring: what is left of the life, and the part of it in which to renew. The words beside it say the same. */
function Ring({ life }: { readonly life: Life | null }): JSX.Element {
  const over = life ? life.over * 100 : 0;
  return (
    <svg class={`ring ${life?.tone ?? "plain"}`} viewBox="0 0 120 120" aria-hidden="true" focusable="false">
      <circle class="ring-track" cx="60" cy="60" r="46" />
      <circle class="ring-window" cx="60" cy="60" r="56" pathLength={100} stroke-dasharray={`${(renewUntil - renewFrom) * 100} 100`} stroke-dashoffset={-renewFrom * 100} transform="rotate(-90 60 60)" />
      {life && over < 100 && <circle class="ring-left" cx="60" cy="60" r="46" pathLength={100} stroke-dasharray={`${100 - over} 100`} stroke-dashoffset={-over} transform="rotate(-90 60 60)" />}
      {life && <circle class="ring-hand" cx="60" cy="14" r="5" transform={`rotate(${3.6 * over} 60 60)`} />}
      <text class="ring-clock" x="60" y="62" text-anchor="middle" dominant-baseline="middle">{life?.clock ?? "–:––"}</text>
    </svg>
  );
}
