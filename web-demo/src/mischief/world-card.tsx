import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Profile, TenantOptions } from "wsbind/mock";
import * as snippets from "../code/snippets.ts";
import { FromCode } from "../code/from-code.tsx";
import { server } from "../server.ts";
import { Copy } from "../ui/code.tsx";
import { Card, Field, Switch } from "../ui/parts.tsx";
import { here, makeWorld } from "../world.ts";
import { Confirm } from "./confirm.tsx";

/** The profiles, mildest first. */
const profiles: readonly { readonly profile: Profile; readonly means: string }[] = [
  { profile: "polite", means: "Nothing goes wrong but what was asked for." },
  { profile: "surprising", means: "What is legal but unusual happens by chance." },
  { profile: "hostile", means: "Every fault of the catalogue happens by chance." },
];

/** What is chosen and not made yet; null is as the world is. It outlives the view. */
const chosenProfile = signal<Profile | null>(null);
const chosenClock = signal<boolean | null>(null);
const typedSeed = signal("");

/** What the world is made of, and how it is made anew. */
export function WorldCard(): JSX.Element {
  const now = here.value;
  const profile = chosenProfile.value ?? now?.profile ?? "polite";
  const virtual = chosenClock.value ?? now?.virtual ?? false;
  const seed = readSeed(typedSeed.value);
  const changed = now !== null && (profile !== now.profile || virtual !== now.virtual || (seed !== undefined && seed !== now.seed));
  const make = (): void => {
    if (seed === null) return;
    void makeWorld({ seed, profile, virtual });
    chosenProfile.value = chosenClock.value = null;
  };
  return (
    <Card title="The world" aside={now && <Current />}>
      <Profiles chosen={profile} />
      <Field label="Seed" hint="What chance is drawn from: the same seed and the same actions give the same run. With none, the server draws one."
        error={seed === null ? "A whole number from 1 to 9007199254740991 is due." : undefined}>
        {(control) => <input {...control} inputMode="numeric" autocomplete="off" value={typedSeed.value} placeholder="drawn" onInput={(event) => { typedSeed.value = event.currentTarget.value; }} />}
      </Field>
      <Switch label="Virtual clock" on={virtual} onChange={(on) => { chosenClock.value = on; }} hint="Time stands still until you advance it." />
      <Confirm text="Make the world anew" yes="Make it anew" onConfirm={make} kind={changed ? "primary" : "plain"}>
        <Lost />
      </Confirm>
      {now && seed !== null && <FromCode what="Make a world" snippets={() => snippets.makeTenant({
        management: server.value.state === "there" ? server.value.about.management ?? "" : "", name: now.name, settings: settings(seed, profile, virtual),
      })} />}
    </Card>
  );
}

/** What is lost when a world is made anew. */
export function Lost(): JSX.Element {
  return <p>Everything in this world is gone then: Subscriptions, websockets, tokens, planned faults, the journal and the verdicts. Whoever else works in it has to begin anew, too.</p>;
}

function Current(): JSX.Element | null {
  const now = here.value;
  if (now === null || now.seed === null) return null;
  return <span class="row seed"><span class="hint">{now.profile}, seed <code>{now.seed}</code></span><Copy text={String(now.seed)} what="the seed" /></span>;
}

function Profiles({ chosen }: { readonly chosen: Profile }): JSX.Element {
  const id = useId();
  return (
    <fieldset class="profiles">
      <legend>Profile</legend>
      {profiles.map(({ profile, means }) => (
        <label key={profile}>
          <input type="radio" name={id} checked={profile === chosen} aria-describedby={`${id}-${profile}`} onChange={() => { chosenProfile.value = profile; }} />
          <span><strong>{profile}</strong> <span class="hint" id={`${id}-${profile}`}>{means}</span></span>
        </label>
      ))}
    </fieldset>
  );
}

function settings(seed: number | undefined, profile: Profile, virtual: boolean): TenantOptions {
  return { ...(seed === undefined ? {} : { seed }), profile, ...(virtual ? { clock: "virtual", sharedClock: true } : { clock: "real" }) };
}

/** Reads a seed; undefined where none is given, null where it is none. */
function readSeed(text: string): number | undefined | null {
  if (text.trim() === "") return undefined;
  const seed = Number(text);
  return Number.isSafeInteger(seed) && seed >= 1 ? seed : null;
}
