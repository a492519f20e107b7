import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Release } from "wsbind";
import type { SubscriptionState } from "wsbind/mock";
import * as snippets from "../code/snippets.ts";
import { FromCode } from "../code/from-code.tsx";
import { fragment } from "../route.ts";
import { Badge, Card, Choice, Empty, Field, type Tone } from "../ui/parts.tsx";
import { brief } from "../ui/words.ts";
import { here, makeWorld } from "../world.ts";
import { ActButton } from "./act-button.tsx";
import { Outcome, useAction, type Action } from "./action.tsx";
import { Confirm } from "./confirm.tsx";
import { tenant } from "./tenant.ts";
import { bases } from "./watch.ts";
import { events } from "./words.ts";
import { Lost } from "./world-card.tsx";

/** A Subscription, and the base that it is in. */
interface Held extends SubscriptionState {
  readonly fhir: Release;
}

const chosen = signal("");
const typedCount = signal("1");

/** What a test does to the server behind its clients' backs. */
export function HappenCard(): JSX.Element {
  const all = bases.value.flatMap(({ fhir, subscriptions }): Held[] => subscriptions.map((one) => ({ ...one, fhir })));
  const at = all.find((one) => keyOf(one) === chosen.value) ?? all.at(-1);
  return (
    <Card title="Make things happen" aside={<span class="hint">{countSockets()}</span>}>
      {at === undefined ? (
        <Empty title="No Subscription yet">
          <p>Make one in <a href={fragment("live")}>Live</a>, or point a client of yours at this world. Then events can be made for it here, its tokens revoked, and more.</p>
        </Empty>
      ) : (
        <>
          <Choice label="Subscription" value={keyOf(at)} onChange={(key) => { chosen.value = key; }} options={all.map((one) => ({ value: keyOf(one), text: named(one) }))} />
          <Facts of={at} />
          <Actions key={keyOf(at)} of={at} />
        </>
      )}
      <Confirm text="Start over" yes="Start over" onConfirm={startOver}>
        <p>The same world from its beginning, with the same profile, seed and clock.</p>
        <Lost />
      </Confirm>
    </Card>
  );
}

/** The page must hear of it, too: to it, a world that is reset is another world. */
function startOver(): void {
  const world = here.value;
  if (world !== null) void makeWorld({ seed: world.seed ?? undefined, profile: world.profile, virtual: world.virtual });
}

function keyOf({ fhir, id }: Held): string {
  return `${fhir}/${id}`;
}

function named({ fhir, id, topic, criteria }: Held): string {
  return `${fhir}, ${brief(id)}: ${(topic ?? criteria ?? "").replace(/^.*\//, "")}`;
}

function countSockets(): string {
  const count = bases.value.reduce((sum, { sockets }) => sum + sockets.length, 0);
  return count === 0 ? "no websocket is open" : `${count} websocket${count === 1 ? " is" : "s are"} open`;
}

const tones: Readonly<Record<string, Tone>> = { active: "good", error: "bad", off: "warning", requested: "information" };

function Facts({ of: { status, bound, events: made } }: { readonly of: Held }): JSX.Element {
  return (
    <p class="row">
      <Badge tone={tones[status] ?? "plain"}>{status}</Badge>
      <span class="hint">{made === 0 ? "no event" : `${made} event${made === 1 ? "" : "s"}`} so far, {bound === 0 ? "bound on no websocket" : `bound on ${bound} websocket${bound === 1 ? "" : "s"}`}</span>
    </p>
  );
}

function Actions({ of }: { readonly of: Held }): JSX.Element {
  const action = useAction();
  const { id, fhir, status } = of;
  const count = /^[1-9]\d*$/.test(typedCount.value.trim()) ? Number(typedCount.value) : null;
  const failing = status === "error";
  return (
    <>
      <div class="emit">
        <Field label="Events" error={count === null ? "A whole number from 1 is due." : undefined}>
          {(control) => <input {...control} inputMode="numeric" autocomplete="off" value={typedCount.value} onInput={(event) => { typedCount.value = event.currentTarget.value; }} />}
        </Field>
        <ActButton kind="primary" onClick={() => count !== null && emit(action, of, count)} disabled={count === null} busy={action.busy}>Make events</ActButton>
      </div>
      <div class="row">
        <ActButton onClick={() => revoke(action, of)} busy={action.busy}>Revoke its tokens</ActButton>
        <ActButton onClick={() => setError(action, of, !failing)} busy={action.busy}>{failing ? "Reactivate" : "Put in error"}</ActButton>
      </div>
      <Outcome action={action} />
      {tenant.value && (
        <>
          <FromCode what="Make events" snippets={() => snippets.emitEvents({ management: tenant.value!.management, subscription: id, count: count ?? 1, fhir })} />
          <FromCode what="Revoke tokens" snippets={() => snippets.revoke({ management: tenant.value!.management, subscription: id, fhir })} />
        </>
      )}
    </>
  );
}

function emit(action: Action, { id, fhir }: Held, count: number): void {
  action.run(async (on) => {
    const [made] = await on.emit({ subscription: id, fhir, count });
    if (made === undefined) return "No event was made.";
    return made.first === made.last ? `Event ${made.first} was made.` : `${events([made.first, made.last]).replace(/^e/, "E").replace(",", " to")} were made.`;
  });
}

function revoke(action: Action, { id, fhir }: Held): void {
  action.run(async (on) => {
    const ended = await on.revoke({ subscription: id, fhir });
    return `Its tokens are worth nothing any more. ${ended === 0 ? "None of them was bound." : `${ended} binding${ended === 1 ? "" : "s"} ended with that.`}`;
  });
}

function setError(action: Action, { id, fhir }: Held, on: boolean): void {
  action.run(async (server) => {
    const { status } = await (on ? server.setError(id, fhir) : server.reactivate(id, fhir));
    return `The Subscription is ${status} now.`;
  });
}
